using System.IO.Compression;

namespace Lathe.Formats.Keras.Reading.Hdf5;

/// <summary>A step that a chunk's bytes went through when they were written.</summary>
internal abstract class Filter
{
    /// <summary>The bytes as they were before; <paramref name="expected"/> is how many a whole chunk has.</summary>
    public abstract ReadOnlyMemory<byte> Undo(Hdf5Format format, ReadOnlyMemory<byte> bytes, int expected);
}

/// <summary>Deflate, in zlib's wrapping.</summary>
internal sealed class DeflateFilter : Filter
{
    public override ReadOnlyMemory<byte> Undo(Hdf5Format format, ReadOnlyMemory<byte> bytes, int expected)
    {
        // A checksum that was added before this may follow.
        var result = new byte[expected + 4];
        try
        {
            using var stream = new ZLibStream(new MemoryStream(bytes.ToArray(), writable: false), CompressionMode.Decompress);
            int read = stream.ReadAtLeast(result, result.Length, throwOnEndOfStream: false);
            return result.AsMemory(0, read);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw format.Bytes.Damaged($"has a chunk that does not inflate: {e.Message}");
        }
    }
}

/// <summary>The elements' first bytes together, then their second bytes, and so on.</summary>
internal sealed class ShuffleFilter(int elementSize) : Filter
{
    public override ReadOnlyMemory<byte> Undo(Hdf5Format format, ReadOnlyMemory<byte> bytes, int expected)
    {
        if (elementSize <= 1)
            return bytes;
        var from = bytes.Span;
        byte[] result = bytes.ToArray();
        int count = bytes.Length / elementSize;
        for (int b = 0; b < elementSize; b++)
            for (int i = 0; i < count; i++)
                result[(i * elementSize) + b] = from[(b * count) + i];
        return result;
    }
}

/// <summary>Fletcher's checksum at the end, which is checked by what it says of sizes only.</summary>
internal sealed class ChecksumFilter : Filter
{
    public override ReadOnlyMemory<byte> Undo(Hdf5Format format, ReadOnlyMemory<byte> bytes, int expected) =>
        bytes.Length >= 4 ? bytes[..^4] : throw format.Bytes.Damaged("has a chunk without its checksum");
}
