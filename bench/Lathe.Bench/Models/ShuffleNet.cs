namespace Lathe.Bench.Models;

/// <summary>ShuffleNetV2 1.0 (Ma et al. 2018, arXiv:1807.11164, table 5): halves of the channels are worked on in turns.</summary>
internal static class ShuffleNet
{
    private static readonly (long Channels, int Blocks)[] Stages = [(116, 4), (232, 8), (464, 4)];

    public static BenchModel V2()
    {
        var b = new OnnxModelBuilder("shufflenetv2");
        Value Layer(Value x, long channels, long kernel = 1, long stride = 1) => b.Relu(b.BatchNorm(b.Conv(x, channels, kernel, stride)));
        Value Deep(Value x, long stride) => b.BatchNorm(b.Conv(x, x.Channels, 3, stride, groups: x.Channels));
        var x = b.MaxPool(Layer(b.Image("data", 3, 224, 224), 24, 3, stride: 2), 3, 2, padding: 1);
        foreach (var (channels, blocks) in Stages)
        {
            long half = channels / 2;
            for (int block = 0; block < blocks; block++)
            {
                var (left, right) = block == 0 ? (Layer(Deep(x, 2), half), x) : b.Halves(x);
                right = Layer(Deep(Layer(right, half), block == 0 ? 2 : 1), half);
                x = b.Shuffle(b.Concat(left, right), 2);
            }
        }
        return b.Build(b.Dense(b.Flatten(b.GlobalAveragePool(Layer(x, 1024))), 1000));
    }
}
