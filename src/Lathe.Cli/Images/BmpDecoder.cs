using System.Buffers.Binary;
using Lathe.Tensors;

namespace Lathe.Cli.Images;

/// <summary>Decodes Windows bitmaps of 24 or 32 bits a pixel without compression, bottom row first or, with a negative height, last.</summary>
internal static class BmpDecoder
{
    private const int HeaderBytes = 54;

    public static RgbImage Decode(ReadOnlySpan<byte> bytes, string name)
    {
        if (bytes.Length < HeaderBytes)
            throw Damaged(name, "has no whole header");
        long start = BinaryPrimitives.ReadUInt32LittleEndian(bytes[10..]);
        long width = BinaryPrimitives.ReadInt32LittleEndian(bytes[18..]), height = BinaryPrimitives.ReadInt32LittleEndian(bytes[22..]);
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(bytes[28..]);
        uint compression = BinaryPrimitives.ReadUInt32LittleEndian(bytes[30..]);
        if (bits is not (24 or 32) || compression != 0)
            throw new UnsupportedException("LATHE3251", $"'{name}' is a bitmap of {bits} bits a pixel{(compression != 0 ? ", compressed" : "")}", next: "save it with 24 bits a pixel and without compression");
        bool fromTop = height < 0;
        height = Math.Abs(height);
        ImageLimits.Check(width, height, bytes.Length, 1, name);
        int size = bits / 8, stride = (int)(((width * size) + 3) / 4 * 4);
        if (start < HeaderBytes || start + (stride * height) > bytes.Length)
            throw Damaged(name, "is cut short");
        byte[] rgb = new byte[3 * width * height];
        for (int y = 0; y < height; y++)
        {
            var row = bytes.Slice((int)(start + (stride * (fromTop ? y : height - 1 - y))), stride);
            for (int x = 0; x < width; x++)
                for (int c = 0; c < 3; c++)
                    rgb[(((y * width) + x) * 3) + c] = row[(x * size) + 2 - c];
        }
        return new((int)width, (int)height, rgb);
    }

    private static ModelException Damaged(string name, string what) => new("LATHE3250", $"the bitmap '{name}' {what}");
}
