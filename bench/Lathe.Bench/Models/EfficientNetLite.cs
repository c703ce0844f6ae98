namespace Lathe.Bench.Models;

/// <summary>
/// EfficientNet-Lite: EfficientNet-B0's stages (Tan and Le 2019, arXiv:1905.11946, table 1) without squeeze-and-excitation, with
/// ReLU6, and with the stem and head kept at their size; the larger ones are wider and deeper between them.
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

    public static BenchModel Lite0() => Build("efficientnet-lite0", 1, 1, 224);

    public static BenchModel Lite4() => Build("efficientnet-lite4", 1.4, 1.8, 300);

    /// <summary>EfficientNet-B0 itself: with squeeze-and-excitation, and x sigmoid(x) where the others have ReLU6.</summary>
    public static BenchModel B0() => Build("efficientnet-b0", 1, 1, 224, lite: false);

    private static BenchModel Build(string name, double width, double depth, long size, bool lite = true)
    {
        var b = new OnnxModelBuilder(name);
        var x = b.Image("data", 3, size, size);
        Func<Value, Value> activation = lite ? b.Relu6 : b.Swish;
        x = activation(b.BatchNorm(b.Conv(x, 32, 3, stride: 2)));
        for (int stage = 0; stage < Stages.Length; stage++)
        {
            var (k, t, c, n, s) = Stages[stage];
            bool atAnEnd = stage == 0 || stage == Stages.Length - 1;
            long channels = (long)(c * width + 4) / 8 * 8;
            int repeats = atAnEnd ? n : (int)Math.Ceiling(n * depth);
            for (int i = 0; i < repeats; i++)
                x = new InvertedResidual(k, t * x.Channels, channels, i == 0 ? s : 1) { Excite = !lite }.Apply(b, x, activation);
        }
        x = activation(b.BatchNorm(b.Conv(x, 1280, 1)));
        return b.Build(b.Dense(b.Flatten(b.GlobalAveragePool(x)), 1000));
    }
}
