using System.Buffers.Binary;
using System.Text;
using Google.Protobuf;
using Lathe.Formats.TensorFlow.Protobuf;
using Lathe.Formats.TensorFlow.Reading;
using Lathe.Tensors;

namespace Lathe.Tests.Formats.TensorFlow;

/// <summary>Writes checkpoints and tables of sorted keys, for tests.</summary>
internal static class TestBundle
{
    /// <summary>Writes PREFIX.index and PREFIX.data-00000-of-00001.</summary>
    /// <param name="parts">Tensors, by their keys, that are stored in parts, which must be among the tensors under keys of their own.</param>
    public static void Write(string prefix, IReadOnlyDictionary<string, Tensor> tensors, bool compressed = false, IReadOnlyDictionary<string, TensorSliceProto[]>? parts = null)
    {
        var entries = new List<(string, byte[])> { ("", new BundleHeaderProto { NumShards = 1 }.ToByteArray()) };
        using var data = new MemoryStream();
        foreach (var (key, tensor) in tensors.OrderBy(t => t.Key, StringComparer.Ordinal))
        {
            var entry = new BundleEntryProto
            {
                Dtype = TestGraph.NumberOf(tensor.Type),
                Shape = TestGraph.ShapeOf(tensor.Shape.ToArray()),
                Offset = data.Length,
                Size = tensor.Bytes.Length,
                Crc32C = Crc32C.Masked(tensor.Bytes.Span),
            };
            if (parts?.GetValueOrDefault(key) is { } slices)
            {
                entries.Add((key, new BundleEntryProto { Dtype = entry.Dtype, Shape = entry.Shape, Slices = { slices } }.ToByteArray()));
                continue;
            }
            entries.Add((key, entry.ToByteArray()));
            data.Write(tensor.Bytes.Span);
        }
        File.WriteAllBytes(prefix + ".index", Table(entries, compressed));
        File.WriteAllBytes(prefix + ".data-00000-of-00001", data.ToArray());
    }

    /// <summary>A table of one block, whose keys share beginnings with the key before; maybe with bytes of the block changed, under a right checksum.</summary>
    public static byte[] Table(IReadOnlyList<(string Key, byte[] Value)> entries, bool compressed = false, Random? damage = null)
    {
        using var file = new MemoryStream();
        byte[] block = Block(entries);
        if (damage is not null && damage.Next(2) == 0)
            block[damage.Next(block.Length)] = (byte)damage.Next(256);
        byte[] handle = Append(file, block, compressed);
        byte[] meta = Append(file, Block([]), false);
        byte[] index = Append(file, Block([("z", handle)]), compressed);
        byte[] footer = [.. meta, .. index];
        Array.Resize(ref footer, 48);
        BinaryPrimitives.WriteUInt64LittleEndian(footer.AsSpan(40), 0xdb4775248b80fb57);
        file.Write(footer);
        return file.ToArray();
    }

    /// <summary>The bytes as Snappy keeps them: stretches of at most 60 bytes, and a copy where the last four bytes have just been.</summary>
    public static byte[] Compressed(ReadOnlySpan<byte> bytes)
    {
        var result = new List<byte>(Varint(bytes.Length));
        int at = 0;
        while (at < bytes.Length)
        {
            int repeated = at >= 4 ? bytes[at..].CommonPrefixLength(bytes[(at - 4)..]) : 0;
            if (repeated >= 4)
            {
                int length = Math.Min(repeated, 64);
                result.AddRange([(byte)((length - 1) << 2 | 2), 4, 0]);
                at += length;
                continue;
            }
            int stretch = Math.Min(4, bytes.Length - at);
            result.Add((byte)((stretch - 1) << 2));
            result.AddRange(bytes.Slice(at, stretch));
            at += stretch;
        }
        return [.. result];
    }

    private static byte[] Append(MemoryStream file, byte[] block, bool compressed)
    {
        byte[] stored = [.. compressed ? Compressed(block) : block, (byte)(compressed ? 1 : 0)];
        byte[] handle = [.. Varint(file.Length), .. Varint(stored.Length - 1)];
        file.Write(stored);
        byte[] checksum = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(checksum, Crc32C.Masked(stored));
        file.Write(checksum);
        return handle;
    }

    private static byte[] Block(IReadOnlyList<(string Key, byte[] Value)> entries)
    {
        var block = new List<byte>();
        byte[] before = [];
        foreach (var (key, value) in entries)
        {
            byte[] bytes = (key.StartsWith('\0') ? Encoding.Latin1 : Encoding.UTF8).GetBytes(key);
            int shared = before.AsSpan().CommonPrefixLength(bytes);
            block.AddRange([.. Varint(shared), .. Varint(bytes.Length - shared), .. Varint(value.Length), .. bytes[shared..], .. value]);
            before = bytes;
        }
        return [.. block, 0, 0, 0, 0, 1, 0, 0, 0];
    }

    private static byte[] Varint(long number)
    {
        var bytes = new List<byte>();
        for (; number >= 128; number >>= 7)
            bytes.Add((byte)(number & 127 | 128));
        return [.. bytes, (byte)number];
    }
}
