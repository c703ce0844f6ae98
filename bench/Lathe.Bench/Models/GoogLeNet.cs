namespace Lathe.Bench.Models;

/// <summary>GoogLeNet (Szegedy et al. 2014, arXiv:1409.4842, table 1) without its side outputs, with batch normalization.</summary>
internal static class GoogLeNet
{
    /// <summary>Of each module: 1x1, 3x3 reduced and 3x3, 5x5 reduced and 5x5, pooled; 0 for a pooling between modules.</summary>
    private static readonly (long One, long ThreeReduced, long Three, long FiveReduced, long Five, long Pooled)[] Modules =
    [
        (64, 96, 128, 16, 32, 32),
        (128, 128, 192, 32, 96, 64),
        default,
        (192, 96, 208, 16, 48, 64),
        (160, 112, 224, 24, 64, 64),
        (128, 128, 256, 24, 64, 64),
        (112, 144, 288, 32, 64, 64),
        (256, 160, 320, 32, 128, 128),
        default,
        (256, 160, 320, 32, 128, 128),
        (384, 192, 384, 48, 128, 128),
    ];

    public static BenchModel Build()
    {
        var b = new OnnxModelBuilder("googlenet");
        Value Layer(Value x, long channels, long kernel, long stride = 1) => b.Relu(b.BatchNorm(b.Conv(x, channels, kernel, stride)));
        var x = b.MaxPool(Layer(b.Image("data", 3, 224, 224), 64, 7, stride: 2), 3, 2, padding: 1);
        x = b.MaxPool(Layer(Layer(x, 64, 1), 192, 3), 3, 2, padding: 1);
        foreach (var m in Modules)
        {
            x = m.One == 0 ? b.MaxPool(x, 3, 2, padding: 1) : b.Concat(
                Layer(x, m.One, 1),
                Layer(Layer(x, m.ThreeReduced, 1), m.Three, 3),
                Layer(Layer(x, m.FiveReduced, 1), m.Five, 5),
                Layer(b.MaxPool(x, 3, 1, padding: 1), m.Pooled, 1));
        }
        return b.Build(b.Dense(b.Flatten(b.GlobalAveragePool(x)), 1000));
    }
}
