using System.Buffers.Binary;
using Lathe.Cli.Images;
using Lathe.Tensors;
using Lathe.Tests.Tensors;

namespace Lathe.Tests.Cli.Images;

public sealed class ImageFileTests
{
    [Fact]
    public void DecodesRgbPng()
    {
        byte[] rgb = [255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 2, 3, 254, 253, 252, 128, 127, 126];
        var image = ImageFile.Decode(PngWriter.Write(3, 2, 8, PngWriter.Rgb, rgb));
        Assert.Equal((3, 2), (image.Width, image.Height));
        Assert.Equal(rgb, image.Rgb);
    }

    [Fact]
    public void DecodesBitmaps()
    {
        // Rows of 2 pixels are filled up to 8 bytes, and the bottom one comes first.
        byte[] bitmap = [.. new byte[54], 3, 2, 1, 6, 5, 4, 0, 0, 9, 8, 7, 12, 11, 10, 0, 0];
        "BM"u8.CopyTo(bitmap);
        (bitmap[10], bitmap[18], bitmap[22], bitmap[28]) = (54, 2, 2, 24);
        Assert.Equal([7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6], ImageFile.Decode(bitmap).Rgb);

        Assert.Equal("LATHE3250", Assert.Throws<ModelException>(() => ImageFile.Decode(bitmap.AsSpan(0, 60))).Code);
        Assert.Equal("LATHE3250", Assert.Throws<ModelException>(() => ImageFile.Decode(bitmap.AsSpan(0, 20))).Code);
        bitmap[20] = 1;
        Assert.Equal("LATHE7102", Assert.Throws<ModelException>(() => ImageFile.Decode(bitmap)).Code);
        bitmap[28] = 8;
        Assert.Equal("LATHE3251", Assert.Throws<UnsupportedException>(() => ImageFile.Decode(bitmap)).Code);
    }

    [Fact]
    public void DecodesOtherKindsOfPng()
    {
        Assert.Equal([7, 7, 7, 200, 200, 200], ImageFile.Decode(PngWriter.Write(2, 1, 8, PngWriter.Gray, [7, 200])).Rgb);
        Assert.Equal([255, 255, 255, 0, 0, 0], ImageFile.Decode(PngWriter.Write(2, 1, 1, PngWriter.Gray, [0x80])).Rgb);
        // Colour is kept where the picture is transparent.
        Assert.Equal([10, 20, 30], ImageFile.Decode(PngWriter.Write(1, 1, 8, PngWriter.Rgba, [10, 20, 30, 0])).Rgb);
        // 16 bits are scaled by 257 and not read as linear light.
        Assert.Equal([10, 100, 200], ImageFile.Decode(PngWriter.Write(1, 1, 16, PngWriter.Rgb, [10, 10, 100, 100, 200, 200])).Rgb);
    }

    [Fact]
    public void DecodesJpeg()
    {
        // Smooth pictures are nearly kept by the format; noise is not.
        var rgb = Gradient(40, 24, noise: 0);
        var image = ImageFile.Decode(JpegWriter.Write(40, 24, rgb));
        Assert.Equal((40, 24), (image.Width, image.Height));
        Assert.All(rgb.Zip(image.Rgb), p => Assert.InRange(p.First - p.Second, -8, 8));
    }

    [Fact]
    public void RefusesSizesThatTheBytesCannotHold()
    {
        foreach (int side in new[] { 1_000, 60_000, 2_000_000_000 })
        {
            var png = PngWriter.Write(1, 1, 8, PngWriter.Gray, [0]);
            BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(16), side);
            BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(20), side);
            BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(29), Crc32.Of(png.AsSpan(12, 17)));
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Throws<ModelException>(() => ImageFile.Decode(png));
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
        }

        var jpeg = JpegWriter.Write(8, 8, Gradient(8, 8));
        int frame = jpeg.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]);
        BinaryPrimitives.WriteInt16BigEndian(jpeg.AsSpan(frame + 5), 30_000);
        BinaryPrimitives.WriteInt16BigEndian(jpeg.AsSpan(frame + 7), 30_000);
        Assert.Throws<ModelException>(() => ImageFile.Decode(jpeg));
    }

    [Fact]
    public void RefusesOtherFiles()
    {
        Assert.Throws<ModelException>(() => ImageFile.Decode("GIF89a"u8));
        Assert.Throws<ModelException>(() => ImageFile.Decode([]));
        using var folder = new TemporaryFolder();
        Assert.Throws<ModelException>(() => ImageFile.Read(folder["none.png"]));
    }

    [Fact]
    public void NamesThePackageOfAMissingLibrary()
    {
        var error = Assert.Throws<UnsupportedException>(() =>
            ImageFile.WithLibrary("libnone.so.1", "libnone1", "a.png", [], (_, _) => throw new DllNotFoundException()));
        Assert.Contains("libnone.so.1", error.Message);
        Assert.Contains("apt-get install libnone1", error.Next);
    }

    [Fact]
    public void SurvivesDamagedPng()
    {
        var good = PngWriter.Write(16, 16, 8, PngWriter.Rgb, Gradient(16, 16));
        // What follows the pixels is read by nobody.
        DamagedBytes.RefusesEveryTruncation(good[..^16], bad => ImageFile.Decode(bad));
        DamagedBytes.SurvivesBitFlips(good, bad => ImageFile.Decode(bad), maxBytes: 64 << 20);
    }

    [Fact]
    public void SurvivesDamagedJpeg()
    {
        var good = JpegWriter.Write(32, 32, Gradient(32, 32));
        DamagedBytes.RefusesEveryTruncation(good[..^2], bad => ImageFile.Decode(bad));
        DamagedBytes.SurvivesBitFlips(good, bad => ImageFile.Decode(bad), maxBytes: 64 << 20);
    }

    private static byte[] Gradient(int width, int height, double noise = 40)
    {
        var rgb = new byte[3 * width * height];
        for (int i = 0; i < width * height; i++)
            (rgb[3 * i], rgb[(3 * i) + 1], rgb[(3 * i) + 2]) =
                ((byte)(i % width * 255 / width), (byte)(i / width * 255 / height), (byte)(128 + (noise * Math.Sin(i))));
        return rgb;
    }
}
