using System.Runtime.InteropServices;

namespace Lathe.Tests.Cli.Images;

/// <summary>Writes JPEG files of quality 95 by libturbojpeg.</summary>
internal static unsafe partial class JpegWriter
{
    public static byte[] Write(int width, int height, byte[] rgb)
    {
        nint encoder = InitCompress();
        byte* data = null;
        CULong size = default;
        try
        {
            fixed (byte* pixels = rgb)
                Assert.Equal(0, Compress(encoder, pixels, width, 0, height, 0, &data, &size, 0, 95, 0));
            return new ReadOnlySpan<byte>(data, (int)size.Value).ToArray();
        }
        finally
        {
            Free(data);
            _ = Destroy(encoder);
        }
    }

    [LibraryImport("libturbojpeg.so.0", EntryPoint = "tjInitCompress")]
    private static partial nint InitCompress();

    [LibraryImport("libturbojpeg.so.0", EntryPoint = "tjCompress2")]
    private static partial int Compress(
        nint encoder, byte* pixels, int width, int pitch, int height, int format, byte** data, CULong* size, int subsampling, int quality, int flags);

    [LibraryImport("libturbojpeg.so.0", EntryPoint = "tjFree")]
    private static partial void Free(byte* data);

    [LibraryImport("libturbojpeg.so.0", EntryPoint = "tjDestroy")]
    private static partial int Destroy(nint encoder);
}
