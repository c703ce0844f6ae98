using Lathe.Tests.Cli;
using Lathe.Tests.Tensors;

namespace Lathe.Tests.Formats.Keras;

/// <summary>A network whose costs are known, built as a Keras file.</summary>
public sealed class KnownModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Convolutions of 32 channels, 3x3 and 2x2, each with ReLU and pooling; dense layers of 500 and 10; on 28x28x1.</summary>
    internal static TestModel Mnist()
    {
        var model = new TestModel();
        return model.Input("image", 28, 28, 1)
            .Layer("Conv2D", "conv1", """ "kernel_size": [3, 3], "filters": 32, "activation": "relu" """, ("kernel", model.Random(3, 3, 1, 32)), ("bias", model.Random(32)))
            .Layer("MaxPooling2D", "pool1", """ "pool_size": [2, 2], "strides": [2, 2] """)
            .Layer("Conv2D", "conv2", """ "kernel_size": [2, 2], "filters": 32, "activation": "relu" """, ("kernel", model.Random(2, 2, 32, 32)), ("bias", model.Random(32)))
            .Layer("MaxPooling2D", "pool2", """ "pool_size": [2, 2], "strides": [2, 2] """)
            .Layer("Flatten", "flatten")
            .Layer("Dense", "dense1", """ "units": 500, "activation": "relu" """, ("kernel", model.Random(1152, 500)), ("bias", model.Random(500)))
            .Layer("Dense", "dense2", """ "units": 10, "activation": "softmax" """, ("kernel", model.Random(500, 10)), ("bias", model.Random(10)));
    }

    [Theory]
    [InlineData("model.h5")]
    [InlineData("model.keras")]
    public void The_known_model_has_its_known_counts(string name)
    {
        File.WriteAllBytes(_folder[name], name.EndsWith("h5", StringComparison.Ordinal) ? Mnist().ToH5() : Mnist().ToKeras());

        var run = LatheCommand.Run("inspect", _folder[name], "--target", "managed");

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Equal(["parameters", "585,958", "2.34 MB"], run.Row("parameters"));
        Assert.Equal("2,784,064", run.Row("FLOPs (tf)")[1]);
        Assert.Equal("1,569,024", run.Row("FLOPs (tflite-flops)")[1]);
        Assert.Equal("conv1", run.Row("conv1")[0]);
    }

    [Fact]
    public void Converted_to_tflite_its_operators_are_counted_as_their_tool_does()
    {
        File.WriteAllBytes(_folder["model.h5"], Mnist().ToH5());
        var convert = LatheCommand.Run("convert", $"--keras_model_file={_folder["model.h5"]}", $"--output_file={_folder["model.tflite"]}");
        Assert.True(convert.ExitCode == 0, convert.Error);

        var run = LatheCommand.Run("inspect", _folder["model.tflite"], "--flops", "tflite-flops", "--target", "managed");

        Assert.Equal(
            [
                "CONV_2D            | 0.4", "MAX_POOL_2D        | <IGNORED>", "CONV_2D            | 1.2", "MAX_POOL_2D        | <IGNORED>", "RESHAPE            | <IGNORED>",
                "FULLY_CONNECTED    | <IGNORED>", "FULLY_CONNECTED    | <IGNORED>", "SOFTMAX            | <IGNORED>", "Total: 1.6 M FLOPS",
            ],
            run.Out.TrimEnd().Split('\n'));
    }
}
