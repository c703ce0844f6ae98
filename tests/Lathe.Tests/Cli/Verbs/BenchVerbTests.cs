using System.Text.Json;
using Lathe.Tests.Bench;

namespace Lathe.Tests.Cli.Verbs;

public class BenchVerbTests
{
    private static readonly string[] Quick = ["--rounds", "2", "--seconds", "0.01", "--threads", "1"];

    [Fact]
    public void Measures_lathe_alone()
    {
        var run = LatheCommand.Run(["bench", LatheCommand.Mnist, "--target", "managed", .. Quick]);
        Assert.Equal(0, run.ExitCode);
        string[] row = run.Row("Lathe");
        Assert.True(double.Parse(row[2]) > 0 && double.Parse(row[1]) >= double.Parse(row[2]));
        Assert.DoesNotContain("ONNX Runtime", run.Out);
    }

    [OnnxRuntimeFact]
    public void Measures_onnx_runtime_in_turns_and_compares_outputs()
    {
        var run = LatheCommand.Run(["bench", LatheCommand.Mnist, "--vs", "onnxruntime", "--json", .. Quick]);
        var root = JsonDocument.Parse(run.Out).RootElement;
        Assert.Equal(2, root.GetProperty("engines").GetArrayLength());
        Assert.Equal(2, root.GetProperty("engines")[1].GetProperty("rounds").GetArrayLength());
        Assert.InRange(root.GetProperty("difference").GetDouble(), 0, 1e-4);
        Assert.True(root.GetProperty("ratio").GetDouble() > 0);
    }

    [Fact]
    public void Wrong_peers_are_usage_errors() =>
        LatheCommand.Run("bench", LatheCommand.Mnist, "--vs", "tvm").AssertError(2, "LATHE7002", "not 'tvm'");
}
