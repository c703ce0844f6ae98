using Lathe.Tensors;

namespace Lathe.Cli.Images;

/// <summary>What a picture's header may claim before memory is set aside for it.</summary>
internal static class ImageLimits
{
    public const int MaxSide = 65_535;
    public const long MaxPixels = 1L << 27;

    /// <summary>Throws a <see cref="ModelException"/> for a size that is no picture's or that <paramref name="bytes"/> cannot code.</summary>
    /// <param name="maxPixelsPerByte">The densest that the format can be.</param>
    public static void Check(long width, long height, int bytes, int maxPixelsPerByte, string name)
    {
        bool sane = width is > 0 and <= MaxSide && height is > 0 and <= MaxSide && width * height <= MaxPixels;
        if (!sane || width * height > (long)bytes * maxPixelsPerByte)
            throw new ModelException("LATHE7102", $"'{name}' says that it has {width} x {height} pixels, which {(sane ? $"{bytes} bytes cannot hold" : "is too large")}");
    }
}
