using Lathe.Tensors;

namespace Lathe.Cli.Images;

/// <summary>Turns a picture into a tensor of one batch, [1,C,H,W] or [1,H,W,C].</summary>
internal static class ImageTensor
{
    public static Tensor From(RgbImage image, ImageTensorOptions options)
    {
        int channels = options.Channels == ChannelOrder.Gray ? 1 : 3;
        var mean = PerChannel(options.Mean, channels, 0, "mean");
        var std = PerChannel(options.Std, channels, 1, "std");
        if (options.Width is < 1 or > ImageLimits.MaxSide || options.Height is < 1 or > ImageLimits.MaxSide)
            throw new ModelException("LATHE7106", $"a picture cannot be resized to {options.Width} x {options.Height}");
        if (std.Contains(0))
            throw new ModelException("LATHE7106", "a picture's std must not be 0");

        bool planar = options.Layout == ImageLayout.Nchw;
        Shape shape = planar ? [1, channels, options.Height, options.Width] : [1, options.Height, options.Width, channels];
        var tensor = Tensor.Zeros(options.Type, shape);
        var rows = new ImageResizer(image, options);
        var row = new float[3 * options.Width];
        for (int y = 0; y < options.Height; y++)
        {
            rows.Resize(y, row);
            for (int x = 0; x < options.Width; x++)
                for (int c = 0; c < channels; c++)
                {
                    double value = (Channel(row.AsSpan(3 * x, 3), options.Channels, c) * options.Scale - mean[c]) / std[c];
                    int at = planar ? (((c * options.Height) + y) * options.Width) + x : (((y * options.Width) + x) * channels) + c;
                    Set(tensor, at, value);
                }
        }
        return tensor;
    }

    private static double Channel(ReadOnlySpan<float> rgb, ChannelOrder order, int c) => order switch
    {
        ChannelOrder.Gray => (0.299 * rgb[0]) + (0.587 * rgb[1]) + (0.114 * rgb[2]),
        ChannelOrder.Bgr => rgb[2 - c],
        _ => rgb[c],
    };

    private static void Set(Tensor tensor, int at, double value)
    {
        var type = tensor.Type;
        if (type.IsFloat)
        {
            tensor.SetDouble(at, value);
            return;
        }
        int bits = Math.Min(8 * type.Size, 63) - (type.IsSigned ? 1 : 0);
        double limit = Math.ScaleB(1, bits);
        double least = type.IsSigned ? -limit : 0, most = bits < 53 ? limit - 1 : Math.BitDecrement(limit);
        tensor.SetInt64(at, (long)Math.Clamp(Math.Round(value), least, most));
    }

    private static double[] PerChannel(EquatableArray<double> values, int channels, double otherwise, string what)
    {
        if (values.Count > 1 && values.Count != channels)
            throw new ModelException("LATHE7106", $"the {what} has {values.Count} numbers, and the picture {channels} channel{(channels == 1 ? "" : "s")}");
        var result = new double[channels];
        for (int c = 0; c < channels; c++)
            result[c] = values.Count == 0 ? otherwise : values[values.Count == 1 ? 0 : c];
        return result;
    }
}
