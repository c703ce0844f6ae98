using System.Runtime.InteropServices;

namespace Lathe.Cli.Images;

/// <summary>PNG by libpng 1.6's simplified interface, which reports errors by results and not by long jumps.</summary>
internal static unsafe partial class PngDecoder
{
    private const string Library = "libpng16.so.16";

    private const uint Version = 1, FormatRgba = 3, Is16BitSrgb = 4;

    // A bit a pixel, deflated by at most 1032.
    private const int MaxPixelsPerByte = 8 * 1032;

    // The result's low bits: 0 fine, 1 a warning, 2 an error, 3 an error after a warning.
    private const uint ErrorBit = 2;

    public static RgbImage Decode(ReadOnlySpan<byte> bytes, string name)
    {
        var image = new Image { Version = Version };
        fixed (byte* data = bytes)
        {
            try
            {
                if (BeginRead(&image, data, (nuint)bytes.Length) == 0)
                    throw Damaged(name, ref image);
                ImageLimits.Check(image.Width, image.Height, bytes.Length, MaxPixelsPerByte, name);

                // Red, green and blue are wanted as stored; asked for RGB alone, the library would blend with a background.
                image.Format = FormatRgba;
                // Without this 16-bit samples would be taken as linear light.
                image.Flags |= Is16BitSrgb;
                int count = checked((int)(image.Width * image.Height));
                var rgba = GC.AllocateUninitializedArray<byte>(4 * count);
                fixed (byte* pixels = rgba)
                {
                    if (FinishRead(&image, null, pixels, 0, null) == 0 || (image.WarningOrError & ErrorBit) != 0)
                        throw Damaged(name, ref image);
                }
                return new RgbImage((int)image.Width, (int)image.Height, DropAlpha(rgba, count));
            }
            finally
            {
                Free(&image);
            }
        }
    }

    private static byte[] DropAlpha(byte[] rgba, int count)
    {
        var rgb = GC.AllocateUninitializedArray<byte>(3 * count);
        for (int i = 0; i < count; i++)
            rgba.AsSpan(4 * i, 3).CopyTo(rgb.AsSpan(3 * i));
        return rgb;
    }

    private static ModelException Damaged(string name, ref Image image)
    {
        fixed (byte* message = image.Message)
            return new("LATHE7103", $"'{name}' is not a whole PNG picture: {Marshal.PtrToStringUTF8((nint)message)}");
    }

    /// <summary>png_image of png.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Image
    {
        public nint Opaque;
        public uint Version, Width, Height, Format, Flags, ColormapEntries, WarningOrError;
        public fixed byte Message[64];
    }

    [LibraryImport(Library, EntryPoint = "png_image_begin_read_from_memory")]
    private static partial int BeginRead(Image* image, byte* data, nuint size);

    [LibraryImport(Library, EntryPoint = "png_image_finish_read")]
    private static partial int FinishRead(Image* image, byte* background, byte* pixels, int rowStride, byte* colormap);

    [LibraryImport(Library, EntryPoint = "png_image_free")]
    private static partial void Free(Image* image);
}
