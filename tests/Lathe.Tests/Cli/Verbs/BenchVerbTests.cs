using System.Text.Json;
using Lathe.Tests.Bench;
using Lathe.Tests.Targets.Llvm;
using Lathe.Tests.Tensors;

namespace Lathe.Tests.Cli.Verbs;

public sealed class BenchVerbTests : IDisposable
{
    private static readonly string[] Quick = ["--rounds", "2", "--seconds", "0.01", "--threads", "1"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

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
    public void A_model_races_itself()
    {
        var run = LatheCommand.Run(["bench", LatheCommand.Mnist, "--vs", LatheCommand.Mnist, "--target", "managed", .. Quick]);
        Assert.Equal(0, run.ExitCode);
        Assert.True(double.Parse(run.Row("mnist.onnx")[1]) > 0);
        Assert.True(double.Parse(run.Row("mnist.onnx again")[1]) > 0);
        Assert.Contains("the outputs differ by 0.0E+000", run.Out);
    }

    [LlvmFact]
    public void Two_bundles_run_in_turns_and_say_for_how_many_threads_they_are()
    {
        LatheCommand.Run("compile", LatheCommand.Mnist, "-o", _folder["new.tar"], "--threads", "1");
        LatheCommand.Run("compile", LatheCommand.Mnist, "-o", _folder["old.tar"], "--threads", "2");
        var run = LatheCommand.Run(["bench", _folder["new.tar"], "--vs", _folder["old.tar"], "--json", .. Quick]);
        var root = JsonDocument.Parse(run.Out).RootElement;
        var engines = root.GetProperty("engines");
        Assert.Equal(["new.tar", "old.tar"], engines.EnumerateArray().Select(e => e.GetProperty("engine").GetString()));
        Assert.All(engines.EnumerateArray(), e => Assert.Equal(2, e.GetProperty("rounds").GetArrayLength()));
        Assert.Equal(2, root.GetProperty("ratios").GetArrayLength());
        Assert.InRange(root.GetProperty("ratio").GetDouble(), root.GetProperty("ratios").EnumerateArray().Min(r => r.GetDouble()), root.GetProperty("ratios").EnumerateArray().Max(r => r.GetDouble()));
        Assert.InRange(root.GetProperty("difference").GetDouble(), 0, 1e-4);
        Assert.Contains($"'{_folder["old.tar"]}' was compiled for 2 threads and runs on 1", run.Error);
        Assert.DoesNotContain($"'{_folder["new.tar"]}' was", run.Error);
    }

    [Fact]
    public void Steps_of_two_builds_are_paired_by_what_they_compute()
    {
        var run = LatheCommand.Run(["bench", LatheCommand.Mnist, "--vs", LatheCommand.Mnist, "--target", "managed", "--steps", "--json", .. Quick]);
        var steps = JsonDocument.Parse(run.Out).RootElement.GetProperty("steps").EnumerateArray().ToList();
        Assert.NotEmpty(steps);
        Assert.All(steps, step => Assert.True(step.GetProperty("first").GetDouble() > 0 && step.GetProperty("second").GetDouble() > 0));
        Assert.Contains(steps, step => step.GetProperty("computes").GetString()!.Contains("dense1"));
        Assert.Contains("all steps", LatheCommand.Run(["bench", LatheCommand.Mnist, "--vs", LatheCommand.Mnist, "--target", "managed", "--steps", .. Quick]).Out);
    }

    [Theory]
    [InlineData("--steps")]
    [InlineData("--vs", "onnxruntime", "--steps")]
    public void Steps_are_of_two_builds(params string[] options) =>
        LatheCommand.Run(["bench", LatheCommand.Mnist, .. options]).AssertError(2, "LATHE7002", "--steps compares two builds");

    [LlvmFact]
    public void Models_with_other_inputs_do_not_race()
    {
        LatheCommand.Run("compile", LatheCommand.Mnist, "-o", _folder["two.tar"], "--input-shapes", "image:[2,1,28,28]");
        var run = LatheCommand.Run(["bench", LatheCommand.Mnist, "--vs", _folder["two.tar"], "--target", "managed", .. Quick]);
        run.AssertError(3, "LATHE7110", $"'{LatheCommand.Mnist}' has image: f32[1,1,28,28]; '{_folder["two.tar"]}' has image: f32[2,1,28,28]");
    }

    [Fact]
    public void Wrong_peers_are_usage_errors() =>
        LatheCommand.Run("bench", LatheCommand.Mnist, "--vs", "tvm").AssertError(2, "LATHE7002", "not 'tvm'");

    [Fact]
    public void Another_model_that_is_not_there_is_an_error() =>
        Assert.Contains("error LATHE1401", LatheCommand.Run("bench", LatheCommand.Mnist, "--vs", _folder["none.onnx"], "--target", "managed").Error);
}
