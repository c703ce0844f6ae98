namespace Lathe.Bench.Models;

/// <summary>
/// EfficientNet-Lite0: EfficientNet-B0's stages (Tan and Le 2019, arXiv:1905.11946, table 1) without squeeze-and-excitation, with
/// ReLU6, and with the stem and head kept at their width.
/// </summary>
internal static class EfficientNetLite
{
    /// <summary>Kernel k, expansion t, channels c, repeats n, stride s of the first repeat.</summary>
    private static readonly (long K, long T, long C, int N, long S)[] Stages =
    [
        (3, 1, 16, 1, 1),
        (3, 6, 24, 2, 2),
        (5, 6, 40, 2, 2),
        (3, 6, 80, 3, 2),
        (5, 6, 112, 3, 1),
        (5, 6, 192, 4, 2),
        (3, 6, 320, 1, 1),
    ];

    public static BenchModel Lite0()
    {
        var b = new OnnxModelBuilder("efficientnet-lite0");
        var x = b.Image("data", 3, 224, 224);
        x = b.Relu6(b.BatchNorm(b.Conv(x, 32, 3, stride: 2)));
        foreach (var (k, t, c, n, s) in Stages)
        {
            for (int i = 0; i < n; i++)
                x = new InvertedResidual(k, t * x.Channels, c, i == 0 ? s : 1).Apply(b, x, b.Relu6);
        }
        x = b.Relu6(b.BatchNorm(b.Conv(x, 1280, 1)));
        return b.Build(b.Dense(b.Flatten(b.GlobalAveragePool(x)), 1000));
    }
}
