using System.Text;
using Lathe.Formats.TFLite.Operators;

namespace Lathe.Tests.Formats.TFLite;

/// <summary>docs/tflite.md lists what the importer's table holds; LATHE_BLESS=1 rewrites the list.</summary>
public class TFLitePageTests
{
    private const string Heading = "## Supported operators\n";

    private static string Page => TestFiles.InSource("../../../docs/tflite.md");

    [Fact]
    public void ListsTheOperatorsOfTheTable()
    {
        string page = File.ReadAllText(Page);
        int start = page.IndexOf(Heading, StringComparison.Ordinal) + Heading.Length;
        int end = page.IndexOf("\n## ", start, StringComparison.Ordinal);
        string expected = page[..start] + List() + page[end..];
        if (Environment.GetEnvironmentVariable("LATHE_BLESS") == "1")
            File.WriteAllText(Page, expected);
        Assert.Equal(expected, File.ReadAllText(Page));
    }

    private static string List()
    {
        const int width = 130;
        string[] names = [.. OpTable.Names.Order(StringComparer.Ordinal)];
        var text = new StringBuilder($"\nThe keys of `OpTable.cs`, {names.Length}, which a test compares with this list.\n\n");
        var line = new StringBuilder();
        foreach (var (i, name) in names.Index())
        {
            string word = name + (i == names.Length - 1 ? "." : ",");
            if (line.Length + word.Length >= width)
            {
                text.Append(line).Append('\n');
                line.Clear();
            }
            line.Append(line.Length > 0 ? " " : "").Append(word);
        }
        return text.Append(line).Append('\n').ToString();
    }
}
