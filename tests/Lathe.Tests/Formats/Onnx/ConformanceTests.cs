using Lathe.Compilation.Verification;
using Lathe.Formats.Onnx;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Xunit.Abstractions;

namespace Lathe.Tests.Formats.Onnx;

/// <summary>
/// The ONNX backend tests of Debian's package libonnx-testdata, by the meaning of the ops alone. Every case passes or is
/// listed, with its reason, in files/onnx-unsupported.txt; LATHE_BLESS=1 rewrites that list.
/// </summary>
public class ConformanceTests(ITestOutputHelper output)
{
    private const string Folder = "/usr/share/libonnx-testdata/data/node";

    [Fact]
    public void NodeCasesPassOrAreKnownToBeUnsupported()
    {
        if (!Directory.Exists(Folder))
        {
            output.WriteLine($"skipped: {Folder} is missing; install libonnx-testdata");
            return;
        }
        var runner = new ConformanceRunner(new GraphEvaluator().Run);

        var report = runner.Run(ConformanceCase.Find(Folder));

        output.WriteLine(report.ToTable());
        string list = string.Concat(report.Results
            .Where(r => r.Outcome == CaseOutcome.Skipped)
            .Select(r => $"{r.Name}, {r.Reason.Replace("\n", "; ", StringComparison.Ordinal)}\n"));
        if (Environment.GetEnvironmentVariable("LATHE_BLESS") == "1")
            File.WriteAllText(TestFiles.InSource("onnx-unsupported.txt"), list);
        Assert.DoesNotContain(report.Results, r => r.Outcome == CaseOutcome.Failed);
        Assert.Equal(File.ReadAllText(TestFiles.InSource("onnx-unsupported.txt")), list);
    }

    [Fact]
    public void ImportedGraphsSurviveTheTextForm()
    {
        if (!Directory.Exists(Folder))
        {
            output.WriteLine($"skipped: {Folder} is missing; install libonnx-testdata");
            return;
        }
        int compared = 0;
        foreach (var item in ConformanceCase.Find(Folder))
        {
            Graph graph;
            try
            {
                graph = OnnxImporter.Import(item.Model);
            }
            catch (UnsupportedException)
            {
                continue;
            }
            string text = GraphText.Print(graph);
            var parsed = GraphText.Parse(text, GraphText.LargeConstants(graph));
            GraphVerifier.Verify(parsed);
            Assert.Equal(text, GraphText.Print(parsed));
            compared++;
        }
        Assert.True(compared > 500, $"only {compared} models were compared");
    }
}
