using System.Text.Json;

namespace Lathe.Tests.Cli.Verbs;

public class InspectVerbTests
{
    [Fact]
    public void The_known_model_has_its_known_counts()
    {
        var run = LatheCommand.Run("inspect", LatheCommand.Mnist, "--target", "managed");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(["parameters", "585,958", "2.34 MB"], run.Row("parameters"));
        Assert.Equal("2,784,064", run.Row("FLOPs (tf)")[1]);
        Assert.Equal("1,569,024", run.Row("FLOPs (tflite-flops)")[1]);
        Assert.Equal("1,365,512", run.Row("MACs")[1]);
        // A bias of a convolution counts one an output: 32 x 26 x 26 and 32 x 12 x 12; the softmax 3 x 10 - 1.
        Assert.Equal("1,391,781", run.Row("MACs (thop-legacy)")[1]);
        Assert.Equal("1,365,541", run.Row("MACs (thop)")[1]);
        Assert.Equal("1,365,512", run.Row("FLOPs (fvcore)")[1]);
        Assert.Equal(["conv1", "Conv+Add", "f32[1,32,26,26]", "320", "194,688"], run.Row("conv1")[..5]);
        Assert.Equal(["dense1", "MatMul+Add", "f32[1,500]", "576,500", "576,000"], run.Row("dense1")[..5]);
        Assert.StartsWith("note: input 'image' is f32[1,1,28,28]: the model leaves [n,1,28,28] open, and n is taken as 1", run.Error);
    }

    [Fact]
    public void Tflite_flops_are_printed_as_the_tool_prints_them()
    {
        var run = LatheCommand.Run("inspect", LatheCommand.Mnist, "--flops", "tflite-flops", "--target", "managed");
        string[] rows = run.Out.TrimEnd().ReplaceLineEndings("\n").Split('\n');
        Assert.Equal("CONV_2D            | 0.4", rows[0]);
        Assert.Equal(["CONV_2D            | 0.4", "CONV_2D            | 1.2"], rows.Where(r => r.StartsWith("CONV", StringComparison.Ordinal)));
        Assert.All(rows[..^1].Where(r => !r.StartsWith("CONV", StringComparison.Ordinal)), r => Assert.Matches(@"^[A-Z0-9_ ]{18} \| <IGNORED>$", r));
        Assert.Equal("Total: 1.6 M FLOPS", rows[^1]);
        Assert.DoesNotContain(rows, r => r.StartsWith("ADD", StringComparison.Ordinal));
    }

    [Fact]
    public void A_dialect_is_shown_for_each_layer()
    {
        var run = LatheCommand.Run("inspect", LatheCommand.Mnist, "--flops", "thop-legacy", "--target", "managed");
        Assert.Equal("216,320", run.Row("conv1")[^1]);
        Assert.DoesNotContain("(tf)", run.Out);
    }

    [Fact]
    public void A_batch_multiplies_the_work_and_needs_no_note()
    {
        var run = LatheCommand.Run("inspect", LatheCommand.Mnist, "--input-shapes", "image:[3,1,28,28]", "--flops", "tf", "--target", "managed");
        Assert.Equal("", run.Error);
        Assert.Equal((3 * 2_784_064).ToString("N0"), run.Row("FLOPs (tf)")[1]);
        Assert.Equal("585,958", run.Row("parameters")[1]);
        Assert.Equal(["input", "image", "f32[3,1,28,28]"], run.Row("input"));
    }

    [Fact]
    public void Json_holds_what_the_tables_show()
    {
        var run = LatheCommand.Run("inspect", LatheCommand.Mnist, "--json", "--target", "managed");
        var root = JsonDocument.Parse(run.Out).RootElement;
        Assert.Equal("ONNX", root.GetProperty("format").GetString());
        Assert.Equal(17, root.GetProperty("opsets").GetProperty("ai.onnx").GetInt64());
        Assert.Equal(585_958, root.GetProperty("parameters").GetInt64());
        Assert.Equal(585_958 * 4, root.GetProperty("weightBytes").GetInt64());
        Assert.Equal("f32[1,10]", root.GetProperty("outputs")[0].GetProperty("type").GetString());
        Assert.Equal(2_784_064, root.GetProperty("counts").EnumerateArray().Single(c => c.GetProperty("dialect").GetString() == "tf").GetProperty("total").GetInt64());
        Assert.Equal(root.GetProperty("macs").GetInt64(), root.GetProperty("layers").EnumerateArray().Sum(l => l.GetProperty("macs").GetInt64()));
        // Two layers' activations are there at once, and no more than all of them.
        Assert.InRange(root.GetProperty("arenaBytes").GetInt64(), 32 * 13 * 13 * 4, root.GetProperty("activationBytes").GetInt64());
    }

    [Fact]
    public void Wrong_shapes_and_dialects_are_explained()
    {
        LatheCommand.Run("inspect", LatheCommand.Mnist, "--input-shapes", "picture:[1,1,28,28]").AssertError(3, "LATHE3002", "next: its inputs are: image");
        LatheCommand.Run("inspect", LatheCommand.Mnist, "--input-shapes", "image:[1,1,28").AssertError(3, "LATHE3000", "next: write them as");
        LatheCommand.Run("inspect", LatheCommand.Mnist, "--flops", "thop-legcy").AssertError(2, "LATHE7005", "did you mean 'thop-legacy'?");
    }
}
