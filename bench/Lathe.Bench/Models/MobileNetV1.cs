namespace Lathe.Bench.Models;

/// <summary>MobileNet at width 1.0 (Howard et al. 2017, arXiv:1704.04861, table 1).</summary>
internal static class MobileNetV1
{
    /// <summary>Channels and stride of each pair of a depthwise and a 1x1 convolution.</summary>
    private static readonly (long Channels, long Stride)[] Pairs =
    [
        (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1),
    ];

    public static BenchModel Build()
    {
        var b = new OnnxModelBuilder("mobilenetv1");
        var x = b.Image("data", 3, 224, 224);
        x = b.Relu6(b.BatchNorm(b.Conv(x, 32, 3, stride: 2)));
        foreach (var (channels, stride) in Pairs)
        {
            x = b.Relu6(b.BatchNorm(b.Conv(x, x.Channels, 3, stride, groups: x.Channels)));
            x = b.Relu6(b.BatchNorm(b.Conv(x, channels, 1)));
        }
        return b.Build(b.Dense(b.Flatten(b.GlobalAveragePool(x)), 1000));
    }

    /// <summary>The same on bytes, its last layer as a 1x1 convolution.</summary>
    public static BenchModel Quantized(string name, bool signed)
    {
        var b = new OnnxModelBuilder(name);
        var layers = new QuantizedLayers(b, signed);
        var x = layers.Quantize(b.Image("data", 3, 224, 224), -2, 2);
        x = layers.Conv(x, 32, 3, stride: 2);
        foreach (var (channels, stride) in Pairs)
        {
            x = layers.Conv(x, x.Reals.Channels, 3, stride, groups: x.Reals.Channels);
            x = layers.Conv(x, channels, 1);
        }
        return b.Build(b.Flatten(layers.Conv(layers.GlobalAveragePool(x), 1000, 1, low: -8, high: 8).Reals));
    }
}
