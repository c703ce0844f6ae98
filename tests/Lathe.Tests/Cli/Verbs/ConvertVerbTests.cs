using System.Text.Json;
using Lathe.Formats;
using Lathe.Formats.TFLite.Reading;
using Lathe.Tests.Formats.TFLite;
using Lathe.Tests.Tensors;

namespace Lathe.Tests.Cli.Verbs;

public sealed class ConvertVerbTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Output => _folder["out.onnx"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_model_is_written_in_an_older_operator_set_and_compared()
    {
        var command = LatheCommand.Run("convert", LatheCommand.Mnist, "-o", Output, "--opset", "9", "--verify", "2", "--target", "managed", "--json");

        Assert.Equal(0, command.ExitCode);
        var report = JsonDocument.Parse(command.Out).RootElement;
        Assert.Equal(585_958, report.GetProperty("before").GetProperty("parameters").GetInt64());
        Assert.Equal(585_958, report.GetProperty("after").GetProperty("parameters").GetInt64());
        Assert.Equal(2_784_064, report.GetProperty("after").GetProperty("flops").GetProperty("tf").GetInt64());
        Assert.InRange(report.GetProperty("differences")[0].GetProperty("relative").GetDouble(), 0, 1e-6);
        Assert.Equal(9, ModelReader.Describe(Output).Opsets[""]);
    }

    [Fact]
    public void Spellings_of_other_converters_are_understood()
    {
        var command = LatheCommand.Run("convert", $"--keras_model_file={LatheCommand.Mnist}", $"--output_file={Output}");

        Assert.Equal(0, command.ExitCode);
        Assert.Contains("FLOPs (tf)", command.Out);
        Assert.Contains("2,784,064", command.Out);
    }

    [Fact]
    public void Images_can_be_turned_to_channels_first()
    {
        File.WriteAllBytes(_folder["image.tflite"], new TestModel().Input("image", 1, 6, 5, 3).Floats("w", [4, 3, 3, 3], [.. Enumerable.Range(0, 108).Select(i => i / 100f)]).Floats("b", [4], 1, 2, 3, 4)
            .Node(BuiltinOperator.CONV_2D, "image w b", "y", new() { { 1, 1 }, { 2, 1 } }).Output("y").Bytes);

        var command = LatheCommand.Run("convert", _folder["image.tflite"], "-o", Output, "--inputs-as-nchw", "image", "--outputs-as-nchw", "y", "--verify", "2", "--target", "managed", "--json");

        Assert.Equal("", command.Error);
        Assert.Equal(0, command.ExitCode);
        var graph = ModelReader.Import(Output);
        Assert.Equal("f32[1,3,6,5]", graph.Inputs.Single().Type.ToString());
        Assert.Equal("f32[1,4,6,5]", graph.Outputs.Single().Value.Type.ToString());
        Assert.Equal(0, JsonDocument.Parse(command.Out).RootElement.GetProperty("after").GetProperty("transposes").GetInt32());
        LatheCommand.Run("convert", _folder["image.tflite"], "-o", Output, "--inputs-as-nchw", "picture").AssertError(3, "LATHE7051", "its inputs are: image");
    }

    [Theory]
    [InlineData(2, "convert")]
    [InlineData(2, "convert", "a.onnx", "--saved-model", "b", "-o", "c.onnx")]
    [InlineData(3, "convert", "MNIST", "-o", "model.xyz")]
    [InlineData(3, "convert", "MNIST", "-o", "model.onnx", "--opset", "3")]
    public void Wrong_requests_are_refused(int code, params string[] arguments)
    {
        var command = LatheCommand.Run([.. arguments.Select(a => a == "MNIST" ? LatheCommand.Mnist : a)]);

        Assert.Equal(code, command.ExitCode);
        Assert.Contains("error LATHE", command.Error);
    }
}
