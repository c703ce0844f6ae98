namespace Lathe.Bench.Models;

/// <summary>The block of the mobile nets: widen by 1x1, filter each channel, narrow by 1x1, and add the input where shapes allow.</summary>
/// <param name="Kernel">Of the depthwise convolution.</param>
/// <param name="Width">Channels in the middle.</param>
/// <param name="Channels">Channels at the end.</param>
/// <param name="Stride">Of the depthwise convolution.</param>
internal sealed record InvertedResidual(long Kernel, long Width, long Channels, long Stride)
{
    private const float BranchScale = 0.5f;

    /// <summary>Squeeze-and-excitation after the depthwise convolution.</summary>
    public bool Excite { get; init; }

    public Value Apply(OnnxModelBuilder b, Value x, Func<Value, Value> activation)
    {
        bool residual = Stride == 1 && x.Channels == Channels;
        var y = x;
        if (Width != x.Channels)
            y = activation(b.BatchNorm(b.Conv(y, Width, 1)));
        y = activation(b.BatchNorm(b.Conv(y, Width, Kernel, Stride, groups: Width)));
        if (Excite)
            y = SqueezeExcite(b, y);
        y = b.BatchNorm(b.Conv(y, Channels, 1, gain: 1), residual ? BranchScale : 1);
        return residual ? b.Add(x, y) : y;
    }

    /// <summary>Channel weights from the channels' means (Hu et al. 2017, arXiv:1709.01507), with a quarter of the channels between.</summary>
    private static Value SqueezeExcite(OnnxModelBuilder b, Value x)
    {
        long squeezed = RoundTo8(x.Channels / 4);
        var weights = b.Relu(b.Conv(b.GlobalAveragePool(x), squeezed, 1, bias: true));
        return b.Mul(x, b.HardSigmoid(b.Conv(weights, x.Channels, 1, bias: true)));
    }

    /// <summary>To the nearest multiple of 8, at least 8, and never more than a tenth below.</summary>
    private static long RoundTo8(long channels)
    {
        long rounded = Math.Max(8, (channels + 4) / 8 * 8);
        return rounded < 0.9 * channels ? rounded + 8 : rounded;
    }
}
