namespace Lathe.Bench.Models;

/// <summary>MobileNetV2 at width 1.0 (Sandler et al. 2018, arXiv:1801.04381, table 2).</summary>
internal static class MobileNetV2
{
    /// <summary>Expansion t, channels c, repeats n, stride s of the first repeat.</summary>
    private static readonly (long T, long C, int N, long S)[] Stages =
    [
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    ];

    public static BenchModel Build()
    {
        var b = new OnnxModelBuilder("mobilenetv2");
        var x = b.Image("data", 3, 224, 224);
        x = b.Relu6(b.BatchNorm(b.Conv(x, 32, 3, stride: 2)));
        foreach (var (t, c, n, s) in Stages)
        {
            for (int i = 0; i < n; i++)
                x = new InvertedResidual(Kernel: 3, t * x.Channels, c, i == 0 ? s : 1).Apply(b, x, b.Relu6);
        }
        x = b.Relu6(b.BatchNorm(b.Conv(x, 1280, 1)));
        return b.Build(b.Dense(b.Flatten(b.GlobalAveragePool(x)), 1000));
    }
}
