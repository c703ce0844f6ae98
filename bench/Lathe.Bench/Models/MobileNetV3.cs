namespace Lathe.Bench.Models;

/// <summary>MobileNetV3 (Howard et al. 2019, arXiv:1905.02244, tables 1 and 2).</summary>
internal static class MobileNetV3
{
    /// <summary>Each row: the block, and whether its activation is hard-swish (else ReLU).</summary>
    private static readonly (InvertedResidual Block, bool HardSwish)[] SmallBlocks =
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

    private static readonly (InvertedResidual Block, bool HardSwish)[] LargeBlocks =
    [
        (new(3, 16, 16, 1), false),
        (new(3, 64, 24, 2), false),
        (new(3, 72, 24, 1), false),
        (new(5, 72, 40, 2) { Excite = true }, false),
        (new(5, 120, 40, 1) { Excite = true }, false),
        (new(5, 120, 40, 1) { Excite = true }, false),
        (new(3, 240, 80, 2), true),
        (new(3, 200, 80, 1), true),
        (new(3, 184, 80, 1), true),
        (new(3, 184, 80, 1), true),
        (new(3, 480, 112, 1) { Excite = true }, true),
        (new(3, 672, 112, 1) { Excite = true }, true),
        (new(5, 672, 160, 2) { Excite = true }, true),
        (new(5, 960, 160, 1) { Excite = true }, true),
        (new(5, 960, 160, 1) { Excite = true }, true),
    ];

    public static BenchModel Small() => Build("mobilenetv3-small", SmallBlocks, head: 576, hidden: 1024);

    public static BenchModel Large() => Build("mobilenetv3-large", LargeBlocks, head: 960, hidden: 1280);

    private static BenchModel Build(string name, (InvertedResidual Block, bool HardSwish)[] blocks, long head, long hidden)
    {
        var b = new OnnxModelBuilder(name);
        var x = b.Image("data", 3, 224, 224);
        x = b.HardSwish(b.BatchNorm(b.Conv(x, 16, 3, stride: 2)));
        foreach (var (block, hardSwish) in blocks)
            x = block.Apply(b, x, hardSwish ? b.HardSwish : b.Relu);
        x = b.HardSwish(b.BatchNorm(b.Conv(x, head, 1)));
        x = b.HardSwish(b.Dense(b.Flatten(b.GlobalAveragePool(x)), hidden, gain: 2));
        return b.Build(b.Dense(x, 1000));
    }
}
