using System.Buffers.Binary;
using System.IO.Compression;
using Lathe.Tensors;

namespace Lathe.Tests.Cli.Images;

/// <summary>Writes PNG files, unfiltered and not interlaced, from rows of packed samples.</summary>
internal static class PngWriter
{
    public const byte Gray = 0, Rgb = 2, Rgba = 6;

    public static byte[] Write(int width, int height, byte bits, byte colorType, byte[] samples)
    {
        byte[] header = [.. BigEndian(width), .. BigEndian(height), bits, colorType, 0, 0, 0];
        var rows = new MemoryStream();
        using (var zlib = new ZLibStream(rows, CompressionLevel.Optimal, leaveOpen: true))
        {
            foreach (var row in samples.Chunk(samples.Length / height))
            {
                zlib.WriteByte(0);
                zlib.Write(row);
            }
        }
        return [0x89, .. "PNG\r\n"u8, 0x1A, (byte)'\n', .. Chunk("IHDR"u8, header), .. Chunk("IDAT"u8, rows.ToArray()), .. Chunk("IEND"u8, [])];
    }

    public static byte[] Chunk(ReadOnlySpan<byte> type, byte[] data)
    {
        byte[] body = [.. type, .. data];
        return [.. BigEndian(data.Length), .. body, .. BigEndian((int)Crc32.Of(body))];
    }

    private static byte[] BigEndian(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
