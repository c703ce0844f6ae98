namespace Lathe.Bench.Models;

/// <summary>A small U-Net (Ronneberger et al. 2015, arXiv:1505.04597) with padded convolutions, as for masks of portraits: 256x256, 16 to 128 channels.</summary>
internal static class UNet
{
    private const long Width = 16;
    private const int Depth = 4;

    public static BenchModel Build()
    {
        var b = new OnnxModelBuilder("unet");
        Value Twice(Value x, long channels)
        {
            x = b.Relu(b.BatchNorm(b.Conv(x, channels, 3)));
            return b.Relu(b.BatchNorm(b.Conv(x, channels, 3)));
        }
        var across = new Stack<Value>();
        var x = Twice(b.Image("data", 3, 256, 256), Width);
        for (int level = 1; level < Depth; level++)
        {
            across.Push(x);
            x = Twice(b.MaxPool(x, 2, 2), Width << level);
        }
        while (across.TryPop(out var same))
            x = Twice(b.Concat(same, b.ConvTranspose(x, same.Channels, kernel: 2, stride: 2, padding: 0, outputPadding: 0)), same.Channels);
        return b.Build(b.Conv(x, 1, 1, bias: true, gain: 1));
    }
}
