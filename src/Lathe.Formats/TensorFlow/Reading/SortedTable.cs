using System.Buffers.Binary;
using System.Text;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Reading;

/// <summary>
/// Reads files of sorted keys and values in LevelDB's table format: blocks of entries, each with a checksum and maybe compressed, an index block that says where they
/// are, and a footer that says where the index is. Keys share beginnings with the key before.
/// </summary>
internal static class SortedTable
{
    private const ulong Magic = 0xdb4775248b80fb57;
    private const int FooterBytes = 48;
    private const int TrailerBytes = 5;

    /// <summary>All entries in their order; throws a <see cref="ModelException"/> for anything that is not as the format says. A key that begins with a zero byte is no text: its characters are bytes.</summary>
    public static List<(string Key, ReadOnlyMemory<byte> Value)> Read(ReadOnlyMemory<byte> file)
    {
        if (file.Length < FooterBytes || BinaryPrimitives.ReadUInt64LittleEndian(file.Span[^8..]) != Magic)
            throw new ModelException("LATHE3552", "the checkpoint's index does not end as one", "check that the file variables.index is whole");
        var footer = file[^FooterBytes..^8].Span;
        int at = 0;
        Varint.Read(footer, ref at);
        Varint.Read(footer, ref at);
        var index = Block(file, footer, ref at);
        var entries = new List<(string, ReadOnlyMemory<byte>)>();
        long read = 0;
        foreach (var (_, handle) in Entries(index))
        {
            int start = 0;
            var block = Block(file, handle.Span, ref start);
            // Handles may name a block again and again; no honest table expands to so much.
            read += block.Length;
            if (read > 64L * file.Length)
                throw Damaged("names the same blocks again and again");
            entries.AddRange(Entries(block));
        }
        return entries;
    }

    /// <summary>The block that a handle, an offset and a size, stands for.</summary>
    private static ReadOnlyMemory<byte> Block(ReadOnlyMemory<byte> file, ReadOnlySpan<byte> handle, ref int at)
    {
        ulong offset = Varint.Read(handle, ref at), size = Varint.Read(handle, ref at);
        ulong room = (ulong)file.Length;
        if (offset > room || size > room - offset || room - offset - size < TrailerBytes)
            throw Damaged($"has a block of bytes {offset} to {offset + size} in a file of {room}");
        var stored = file.Slice((int)offset, (int)size + TrailerBytes);
        if (Crc32C.Masked(stored[..^4].Span) != BinaryPrimitives.ReadUInt32LittleEndian(stored[^4..].Span))
            throw Damaged($"has a block at byte {offset} whose checksum is wrong");
        return stored.Span[^TrailerBytes] switch
        {
            0 => stored[..^TrailerBytes],
            1 => Snappy.Expand(stored[..^TrailerBytes].Span),
            var kind => throw Damaged($"has a block compressed in a way {kind} that is not known"),
        };
    }

    private static IEnumerable<(string Key, ReadOnlyMemory<byte> Value)> Entries(ReadOnlyMemory<byte> block)
    {
        if (block.Length < 4)
            throw Damaged("has a block without an end");
        uint restarts = BinaryPrimitives.ReadUInt32LittleEndian(block[^4..].Span);
        if (restarts > (uint)(block.Length - 4) / 4)
            throw Damaged($"has a block of {block.Length} bytes with {restarts} restarts");
        var entries = block[..^(4 + (4 * (int)restarts))];
        byte[] key = [];
        int at = 0;
        while (at < entries.Length)
        {
            ulong shared = Varint.Read(entries.Span, ref at), own = Varint.Read(entries.Span, ref at), length = Varint.Read(entries.Span, ref at);
            ulong left = (ulong)(entries.Length - at);
            if (shared > (ulong)key.Length || own > left || length > left - own)
                throw Damaged($"has an entry of {shared} + {own} and {length} bytes where {left} are left");
            key = [.. key.AsSpan(0, (int)shared), .. entries.Span.Slice(at, (int)own)];
            at += (int)own;
            yield return ((key is [0, ..] ? Encoding.Latin1 : Encoding.UTF8).GetString(key), entries.Slice(at, (int)length));
            at += (int)length;
        }
    }

    private static ModelException Damaged(string what) => new("LATHE3553", $"the checkpoint's index is damaged: it {what}");
}
