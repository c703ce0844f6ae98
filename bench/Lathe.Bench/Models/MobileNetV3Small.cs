namespace Lathe.Bench.Models;

/// <summary>MobileNetV3-Small (Howard et al. 2019, arXiv:1905.02244, table 2).</summary>
internal static class MobileNetV3Small
{
    /// <summary>Each row: the block, and whether its activation is hard-swish (else ReLU).</summary>
    private static readonly (InvertedResidual Block, bool HardSwish)[] Blocks =
    [
        (new(3, 16, 16, 2) { Excite = true }, false),
        (new(3, 72, 24, 2), false),
        (new(3, 88, 24, 1), false),
        (new(5, 96, 40, 2) { Excite = true }, true),
        (new(5, 240, 40, 1) { Excite = true }, true),
        (new(5, 240, 40, 1) { Excite = true }, true),
        (new(5, 120, 48, 1) { Excite = true }, true),
        (new(5, 144, 48, 1) { Excite = true }, true),
        (new(5, 288, 96, 2) { Excite = true }, true),
        (new(5, 576, 96, 1) { Excite = true }, true),
        (new(5, 576, 96, 1) { Excite = true }, true),
    ];

    public static BenchModel Build()
    {
        var b = new OnnxModelBuilder("mobilenetv3-small");
        var x = b.Image("data", 3, 224, 224);
        x = b.HardSwish(b.BatchNorm(b.Conv(x, 16, 3, stride: 2)));
        foreach (var (block, hardSwish) in Blocks)
            x = block.Apply(b, x, hardSwish ? b.HardSwish : b.Relu);
        x = b.HardSwish(b.BatchNorm(b.Conv(x, 576, 1)));
        x = b.HardSwish(b.Dense(b.Flatten(b.GlobalAveragePool(x)), 1024, gain: 2));
        return b.Build(b.Dense(x, 1000));
    }
}
