using System.Text;
using Lathe.Formats.Onnx.Operators;

namespace Lathe.Tests.Formats.Onnx;

/// <summary>docs/onnx.md lists what the importer's table holds; LATHE_BLESS=1 rewrites the list.</summary>
public class OnnxPageTests
{
    private const string Heading = "## Supported operators\n";

    private static string Page => TestFiles.InSource("../../../docs/onnx.md");

    [Fact]
    public void ListsTheOpsOfTheTable()
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
        var text = new StringBuilder("\nThe keys of `OpTable.cs`, which a test compares with this list.\n");
        foreach (var (domain, ops) in OpTable.Names)
        {
            text.Append($"\n`{(domain.Length == 0 ? "ai.onnx" : domain)}`, {ops.Count} ops:\n");
            text.Append(OperatorPage.Wrapped(ops));
        }
        return text.ToString();
    }
}
