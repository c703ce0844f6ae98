using System.Runtime.InteropServices;

namespace Lathe.Cli.Images;

/// <summary>JPEG by libturbojpeg's C interface, version 2.</summary>
internal static unsafe partial class JpegDecoder
{
    private const string Library = "libturbojpeg.so.0";

    private const int PixelFormatRgb = 0, ColorspaceCmyk = 3, AccurateDct = 4096, LimitScans = 32768, ErrorIsWarning = 0;

    // A progressive file's first scan takes at least a bit for each block of 64 samples, and chroma may be a 16th of luma.
    private const int MaxPixelsPerByte = 1024;

    public static RgbImage Decode(ReadOnlySpan<byte> bytes, string name)
    {
        nint decoder = InitDecompress();
        if (decoder == 0)
            throw new InternalException("LATHE7105", "libturbojpeg made no decoder");
        try
        {
            fixed (byte* data = bytes)
            {
                int width, height, subsampling, colorspace;
                if (DecompressHeader(decoder, data, new((nuint)bytes.Length), &width, &height, &subsampling, &colorspace) != 0)
                    throw Damaged(name, ErrorText(decoder));
                ImageLimits.Check(width, height, bytes.Length, MaxPixelsPerByte, name);
                if (colorspace >= ColorspaceCmyk)
                    throw new UnsupportedException("LATHE7103", $"'{name}' is a CMYK picture", next: "convert it to RGB");

                var rgb = new byte[3 * width * height];
                fixed (byte* pixels = rgb)
                {
                    int result = Decompress(
                        decoder, data, new((nuint)bytes.Length), pixels, width, 0, height, PixelFormatRgb, AccurateDct | LimitScans);
                    // Stray bytes are a warning that every viewer lets pass; missing ones leave the picture gray.
                    if (result != 0 && (ErrorCode(decoder) != ErrorIsWarning || IsCutShort(ErrorText(decoder))))
                        throw Damaged(name, ErrorText(decoder));
                }
                return new RgbImage(width, height, rgb);
            }
        }
        finally
        {
            _ = Destroy(decoder);
        }
    }

    private static bool IsCutShort(string message) => message.Contains("premature end", StringComparison.OrdinalIgnoreCase);

    private static string ErrorText(nint decoder) => Marshal.PtrToStringUTF8(ErrorString(decoder)) ?? "unknown error";

    private static ModelException Damaged(string name, string why) => new("LATHE7103", $"'{name}' is not a whole JPEG picture: {why}");

    [LibraryImport(Library, EntryPoint = "tjInitDecompress")]
    private static partial nint InitDecompress();

    [LibraryImport(Library, EntryPoint = "tjDecompressHeader3")]
    private static partial int DecompressHeader(
        nint decoder, byte* data, CULong size, int* width, int* height, int* subsampling, int* colorspace);

    [LibraryImport(Library, EntryPoint = "tjDecompress2")]
    private static partial int Decompress(
        nint decoder, byte* data, CULong size, byte* pixels, int width, int pitch, int height, int format, int flags);

    [LibraryImport(Library, EntryPoint = "tjGetErrorStr2")]
    private static partial nint ErrorString(nint decoder);

    [LibraryImport(Library, EntryPoint = "tjGetErrorCode")]
    private static partial int ErrorCode(nint decoder);

    [LibraryImport(Library, EntryPoint = "tjDestroy")]
    private static partial int Destroy(nint decoder);
}
