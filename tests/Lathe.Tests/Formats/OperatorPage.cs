using System.Text;

namespace Lathe.Tests.Formats;

/// <summary>A page of docs/ that lists the operators of an importer's table; LATHE_BLESS=1 rewrites the list.</summary>
internal static class OperatorPage
{
    private const string Heading = "## Supported operators\n";
    private const int Width = 130;

    public static void Check(string page, IEnumerable<string> operators)
    {
        string path = TestFiles.InSource($"../../../docs/{page}");
        string text = File.ReadAllText(path);
        int start = text.IndexOf(Heading, StringComparison.Ordinal) + Heading.Length;
        int end = text.IndexOf("\n## ", start, StringComparison.Ordinal);
        string expected = text[..start] + List([.. operators.Order(StringComparer.Ordinal)]) + text[end..];
        if (Environment.GetEnvironmentVariable("LATHE_BLESS") == "1")
            File.WriteAllText(path, expected);
        Assert.Equal(expected, File.ReadAllText(path));
    }

    private static string List(string[] names)
    {
        var text = new StringBuilder($"\nThe keys of `OpTable.cs`, {names.Length}, which a test compares with this list.\n\n");
        var line = new StringBuilder();
        foreach (var (i, name) in names.Index())
        {
            string word = name + (i == names.Length - 1 ? "." : ",");
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
