using Lathe.Tensors;

namespace Lathe.Cli.Images;

/// <summary>
/// How a picture becomes a model's input: resized, then each channel c gives (pixel * <see cref="Scale"/> - mean[c]) / std[c],
/// pixels being 0 to 255. <see cref="Mean"/> and <see cref="Std"/> have one number for all channels or one for each, in the
/// order of <see cref="Channels"/>; empty means 0 and 1.
/// </summary>
internal sealed record ImageTensorOptions(int Width, int Height)
{
    public ResizeMode ResizeMode { get; init; } = ResizeMode.Stretch;

    /// <summary>Whether shrinking averages over all pixels that a new one covers; without, it takes the nearest four.</summary>
    public bool Antialias { get; init; } = true;

    public ImageLayout Layout { get; init; } = ImageLayout.Nchw;

    public ChannelOrder Channels { get; init; } = ChannelOrder.Rgb;

    public double Scale { get; init; } = 1;

    public EquatableArray<double> Mean { get; init; } = [];

    public EquatableArray<double> Std { get; init; } = [];

    /// <summary>Any element type; integers are rounded to nearest, ties to even, and saturate.</summary>
    public DType Type { get; init; } = DType.Float32;
}
