using Lathe.Tensors;

namespace Lathe.Cli.Images;

/// <summary>
/// Decodes JPEG and PNG pictures to RGB by the system's libraries, and plain bitmaps. Transparency is dropped, 16 bits become 8, gray
/// becomes equal red, green and blue; the EXIF orientation is not applied. A damaged picture is a
/// <see cref="ModelException"/>; a missing library an <see cref="UnsupportedException"/> that names its package.
/// </summary>
internal static class ImageFile
{
    private static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    public static RgbImage Read(string path) => Decode(InputFile.ReadAllBytes(path), path);

    /// <summary>Tells the format by the first bytes; <paramref name="name"/> stands in error messages.</summary>
    public static RgbImage Decode(ReadOnlySpan<byte> bytes, string name = "picture")
    {
        if (bytes.StartsWith(PngSignature))
            return WithLibrary("libpng16.so.16", "libpng16-16", name, bytes, PngDecoder.Decode);
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
            return WithLibrary("libturbojpeg.so.0", "libturbojpeg0", name, bytes, JpegDecoder.Decode);
        if (bytes.StartsWith("BM"u8))
            return BmpDecoder.Decode(bytes, name);
        throw new ModelException("LATHE7101", $"'{name}' is neither a JPEG nor a PNG picture", next: "convert it to one of these");
    }

    internal delegate RgbImage Decoder(ReadOnlySpan<byte> bytes, string name);

    internal static RgbImage WithLibrary(string library, string package, string name, ReadOnlySpan<byte> bytes, Decoder decode)
    {
        try
        {
            return decode(bytes, name);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            throw new UnsupportedException("LATHE7104", $"'{name}' needs the library {library}, which is not on this machine",
                next: $"install Debian's package {package} (apt-get install {package})");
        }
    }
}
