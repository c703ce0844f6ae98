using Lathe.Bench.Models;
using Lathe.Formats.Onnx.Protobuf;

namespace Lathe.Tests.Bench;

public class BenchModelsTests
{
    /// <summary>Sizes as the papers and the common model collections state them.</summary>
    [Theory]
    [InlineData("resnet50", 25_557_032, 4_089_184_256)]
    [InlineData("resnet18", 11_689_512, 1_814_073_344)]
    [InlineData("mobilenetv2", 3_504_872, 300_774_272)]
    [InlineData("squeezenet1.1", 1_235_496, 349_151_936)]
    [InlineData("mobilenetv3-small", 2_542_856, 56_510_400)]
    [InlineData("mnist", 585_958, 1_365_512)]
    public void A_model_has_the_size_that_is_known_of_it(string name, long parameters, long macs)
    {
        var model = BenchModels.Build(name);
        var graph = ModelProto.Parser.ParseFrom(model.Onnx).Graph;
        var learned = graph.Initializer.Where(t => t.Name.Split('_')[0] is "weight" or "bias" or "scale" or "shift");

        Assert.Equal(parameters, learned.Sum(t => t.Dims.Aggregate(1L, (product, extent) => product * extent)));
        Assert.Equal(macs, model.Macs);
    }

    [Fact]
    public void A_model_is_the_same_every_time() =>
        Assert.Equal(BenchModels.Build("mnist").Onnx, BenchModels.Build("mnist").Onnx);

    [Fact]
    public void An_unknown_name_is_answered_with_the_known_ones()
    {
        var error = Assert.Throws<ModelException>(() => BenchModels.Build("resnet5"));

        Assert.Contains("resnet50", error.Next, StringComparison.Ordinal);
    }
}
