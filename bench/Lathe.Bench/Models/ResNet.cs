namespace Lathe.Bench.Models;

/// <summary>
/// Residual nets for ImageNet (He et al. 2015, arXiv:1512.03385, table 1), in the variant that puts a bottleneck's stride on
/// its 3x3 convolution, as today's frameworks do.
/// </summary>
internal static class ResNet
{
    private const int Classes = 1000;
    private const float BranchScale = 0.25f;

    public static BenchModel ResNet18() => Build("resnet18", BasicBlock, 1, [2, 2, 2, 2]);

    public static BenchModel ResNet34() => Build("resnet34", BasicBlock, 1, [3, 4, 6, 3]);

    public static BenchModel ResNet50() => Build("resnet50", Bottleneck, 4, [3, 4, 6, 3]);

    public static BenchModel ResNet101() => Build("resnet101", Bottleneck, 4, [3, 4, 23, 3]);

    /// <summary>ResNeXt-50 32x4d (Xie et al. 2016, arXiv:1611.05431): 3x3 convolutions of 32 groups.</summary>
    public static BenchModel ResNeXt50() => Build("resnext50", Groups, 4, [3, 4, 6, 3]);

    private delegate Value Block(OnnxModelBuilder b, Value x, long width, long stride);

    private static BenchModel Build(string name, Block block, long expansion, int[] depths)
    {
        var b = new OnnxModelBuilder(name);
        var x = b.Image("data", 3, 224, 224);
        x = b.Relu(b.BatchNorm(b.Conv(x, 64, kernel: 7, stride: 2)));
        x = b.MaxPool(x, kernel: 3, stride: 2, padding: 1);
        for (int stage = 0; stage < depths.Length; stage++)
        {
            long width = 64L << stage;
            for (int i = 0; i < depths[stage]; i++)
            {
                long stride = stage > 0 && i == 0 ? 2 : 1;
                var branch = block(b, x, width, stride);
                var trunk = stride == 1 && x.Channels == width * expansion ? x : b.BatchNorm(b.Conv(x, width * expansion, 1, stride, gain: 1));
                x = b.Relu(b.Add(branch, trunk));
            }
        }
        return b.Build(b.Dense(b.Flatten(b.GlobalAveragePool(x)), Classes));
    }

    private static Value BasicBlock(OnnxModelBuilder b, Value x, long width, long stride)
    {
        x = b.Relu(b.BatchNorm(b.Conv(x, width, 3, stride)));
        return b.BatchNorm(b.Conv(x, width, 3, gain: 1), BranchScale);
    }

    private static Value Groups(OnnxModelBuilder b, Value x, long width, long stride)
    {
        x = b.Relu(b.BatchNorm(b.Conv(x, 2 * width, 1)));
        x = b.Relu(b.BatchNorm(b.Conv(x, 2 * width, 3, stride, groups: 32)));
        return b.BatchNorm(b.Conv(x, width * 4, 1, gain: 1), BranchScale);
    }

    private static Value Bottleneck(OnnxModelBuilder b, Value x, long width, long stride)
    {
        x = b.Relu(b.BatchNorm(b.Conv(x, width, 1)));
        x = b.Relu(b.BatchNorm(b.Conv(x, width, 3, stride)));
        return b.BatchNorm(b.Conv(x, width * 4, 1, gain: 1), BranchScale);
    }
}
