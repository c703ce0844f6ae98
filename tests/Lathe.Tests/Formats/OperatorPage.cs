using System.Text;

namespace Lathe.Tests.Formats;

/// <summary>A page of docs/ that lists what an importer's table holds; LATHE_BLESS=1 rewrites the list.</summary>
internal static class OperatorPage
{
    private const int Width = 130;

    public static void Check(string page, IEnumerable<string> names, string heading = "## Supported operators\n", string table = "OpTable.cs")
    {
        string path = TestFiles.InSource($"../../../docs/{page}");
        string text = File.ReadAllText(path);
        int start = text.IndexOf(heading, StringComparison.Ordinal) + heading.Length;
        int end = text.IndexOf("\n## ", start, StringComparison.Ordinal);
        string list = $"\nThe keys of `{table}`, {names.Count()}, which a test compares with this list.\n\n{Wrapped(names)}";
        string expected = text[..start] + list + text[end..];
        if (Environment.GetEnvironmentVariable("LATHE_BLESS") == "1")
            File.WriteAllText(path, expected);
        Assert.Equal(expected, File.ReadAllText(path));
    }

    /// <summary>Names in order, with commas between and a full stop after them, in lines of the pages' width.</summary>
    public static string Wrapped(IEnumerable<string> names)
    {
        string[] sorted = [.. names.Order(StringComparer.Ordinal)];
        var text = new StringBuilder();
        var line = new StringBuilder();
        foreach (var (i, name) in sorted.Index())
        {
            string word = name + (i == sorted.Length - 1 ? "." : ",");
            if (line.Length + word.Length >= Width)
            {
                text.Append(line).Append('\n');
                line.Clear();
            }
            line.Append(line.Length > 0 ? " " : "").Append(word);
        }
        return text.Append(line).Append('\n').ToString();
    }
}
