using Lathe.Graphs.Evaluation;
using Lathe.Tests.Formats.TFLite;
using Xunit.Abstractions;

namespace Lathe.Tests.Formats.TensorFlow;

/// <summary>
/// The frozen graphs of Deeplearning4j's test resources, by the meaning of the ops alone, against TensorFlow's own predictions. Every case agrees or is
/// listed, with its reason, in files/dl4j-tf-exceptions.txt; LATHE_BLESS=1 rewrites that list.
/// </summary>
public class PredictionTests(ITestOutputHelper output)
{
    private const string List = "dl4j-tf-exceptions.txt";

    [Fact]
    public void CasesAgreeWithTensorFlowOrAreListed()
    {
        string? folder = RealModels.Folder is { } models ? Path.Combine(models, "suites", "dl4j-tf") : null;
        if (!Directory.Exists(folder))
        {
            output.WriteLine("skipped: suites/dl4j-tf is not in .cache/models");
            return;
        }
        var cases = PredictionCase.Find(folder);
        var evaluator = new GraphEvaluator();
        string[] exceptions = [.. from item in cases
                                  let reason = item.Run(evaluator)
                                  where reason is not null
                                  select $"{item.Name}, {reason.Replace("\n", "; ", StringComparison.Ordinal)}"];

        output.WriteLine($"{cases.Count - exceptions.Length} of {cases.Count} cases agree");
        string path = TestFiles.InSource(List);
        if (Environment.GetEnvironmentVariable("LATHE_BLESS") == "1")
            File.WriteAllLines(path, exceptions);
        Assert.Equal(File.ReadAllLines(path), exceptions);
        Assert.True(exceptions.Length <= cases.Count * 0.15, $"{exceptions.Length} of {cases.Count} cases do not agree");
    }
}
