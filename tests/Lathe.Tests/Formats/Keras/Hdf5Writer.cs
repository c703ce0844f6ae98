using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Lathe.Tensors;

namespace Lathe.Tests.Formats.Keras;

/// <summary>A group of an HDF5 file to write: what h5py writes by default, with superblock 0, symbol tables, and texts of any length in global heaps.</summary>
internal sealed class Hdf5Writer
{
    private const ulong Nowhere = ulong.MaxValue;

    private readonly SortedDictionary<string, object> _children = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long[]> _chunks = [];
    private readonly List<(string Name, object Value)> _attributes = [];

    /// <summary>The group at a path below this one, made where it is missing.</summary>
    public Hdf5Writer Group(string path)
    {
        var group = this;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!group._children.TryGetValue(name, out object? child))
                group._children[name] = child = new Hdf5Writer();
            group = (Hdf5Writer)child;
        }
        return group;
    }

    /// <summary>An array at a path below this group.</summary>
    public Hdf5Writer Dataset(string path, Tensor tensor)
    {
        int slash = path.LastIndexOf('/');
        Group(slash < 0 ? "" : path[..slash])._children[path[(slash + 1)..]] = tensor;
        return this;
    }

    /// <summary>An array at a path below this group, in chunks that are shuffled and deflated.</summary>
    public Hdf5Writer Chunked(string path, Tensor tensor, params long[] chunk)
    {
        Dataset(path, tensor);
        int slash = path.LastIndexOf('/');
        Group(slash < 0 ? "" : path[..slash])._chunks[path[(slash + 1)..]] = chunk;
        return this;
    }

    /// <summary>A text of any length, in a heap.</summary>
    public Hdf5Writer Attribute(string name, string text)
    {
        _attributes.Add((name, text));
        return this;
    }

    /// <summary>A list of texts in place, all as long as the longest.</summary>
    public Hdf5Writer Attribute(string name, string[] texts)
    {
        _attributes.Add((name, texts));
        return this;
    }

    public byte[] ToBytes()
    {
        var file = new MemoryStream();
        file.Write(new byte[96]);
        ulong root = Write(file);
        byte[] bytes = file.ToArray();
        byte[] head =
        [
            0x89, (byte)'H', (byte)'D', (byte)'F', 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0, 0, 8, 8, 0, .. Words(4, 16), .. Ints(0),
            .. Longs(0, Nowhere, (ulong)bytes.Length, Nowhere, 0, root), .. Ints(0, 0), .. Longs(0, 0),
        ];
        head.CopyTo(bytes, 0);
        return bytes;
    }

    /// <summary>Writes what is inside, then the group; gives the address of its header.</summary>
    private ulong Write(MemoryStream file)
    {
        var addresses = _children.Select(c => (c.Key, c.Value is Hdf5Writer group ? group.Write(file)
            : _chunks.TryGetValue(c.Key, out long[]? chunk) ? WriteChunks(file, (Tensor)c.Value, chunk) : WriteArray(file, (Tensor)c.Value))).ToList();
        byte[] names = [.. new byte[8], .. addresses.SelectMany(a => Padded([.. Encoding.UTF8.GetBytes(a.Key), 0]))];
        ulong data = Append(file, names);
        ulong heap = Append(file, [.. "HEAP"u8, 0, 0, 0, 0, .. Longs((ulong)names.Length, 1, data)]);

        // Nodes hold eight symbols at most; the tree names each node between the names around it.
        var nodes = new List<(ulong Address, ulong LastName)>();
        ulong at = 8;
        foreach (var chunk in addresses.Chunk(8))
        {
            var entries = new List<byte>();
            ulong last = at;
            foreach (var (name, address) in chunk)
            {
                entries.AddRange([.. Longs(at, address), .. Ints(0, 0), .. Longs(0, 0)]);
                last = at;
                at += (ulong)Padded([.. Encoding.UTF8.GetBytes(name), 0]).Length;
            }
            nodes.Add((Append(file, [.. "SNOD"u8, 1, 0, .. Words((ushort)chunk.Length), .. entries]), last));
        }
        byte[] keys = [.. Longs(0), .. nodes.SelectMany(n => Longs(n.Address, n.LastName))];
        ulong tree = Append(file, [.. "TREE"u8, 0, 0, .. Words((ushort)nodes.Count), .. Longs(Nowhere, Nowhere), .. keys]);
        return Header(file, [(17, Longs(tree, heap)), .. _attributes.Select(a => (12, AttributeBody(file, a.Name, a.Value)))]);
    }

    private static ulong WriteArray(MemoryStream file, Tensor tensor)
    {
        ulong data = tensor.Count == 0 ? Nowhere : Append(file, tensor.Bytes.ToArray());
        byte[] layout = [3, 1, .. Longs(data, (ulong)tensor.Bytes.Length)];
        return Header(file, [(1, Space([.. tensor.Shape.ToArray()])), (3, TypeOf(tensor.Type)), (8, layout)]);
    }

    /// <summary>A matrix in chunks, of which those at its ends reach over them.</summary>
    private static ulong WriteChunks(MemoryStream file, Tensor tensor, long[] chunk)
    {
        long[] shape = tensor.Shape.ToArray();
        int size = tensor.Type.Size;
        var keys = new List<byte>();
        int count = 0;
        for (long row = 0; row < shape[0]; row += chunk[0])
        {
            for (long column = 0; column < shape[1]; column += chunk[1], count++)
            {
                var bytes = new byte[chunk[0] * chunk[1] * size];
                for (long i = 0; i < chunk[0] && row + i < shape[0]; i++)
                    for (long j = 0; j < chunk[1] && column + j < shape[1]; j++)
                        tensor.Bytes.Slice((int)(((row + i) * shape[1]) + column + j) * size, size).CopyTo(bytes.AsMemory((int)((i * chunk[1]) + j) * size));
                byte[] shuffled = [.. Enumerable.Range(0, size).SelectMany(b => bytes.Where((_, at) => at % size == b))];
                var packed = new MemoryStream();
                using (var deflate = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
                    deflate.Write(shuffled);
                ulong address = Append(file, packed.ToArray());
                keys.AddRange([.. Ints((int)packed.Length, 0), .. Longs((ulong)row, (ulong)column, 0, address)]);
            }
        }
        ulong tree = Append(file, [.. "TREE"u8, 1, 0, .. Words((ushort)count), .. Longs(Nowhere, Nowhere), .. keys, .. Ints(0, 0), .. Longs((ulong)shape[0], (ulong)shape[1], 0)]);
        byte[] layout = [3, 2, 3, .. Longs(tree), .. Ints((int)chunk[0], (int)chunk[1], size)];
        byte[] filters = [1, 2, 0, 0, 0, 0, 0, 0, .. Words(2, 0, 0, 1), .. Ints(size, 0), .. Words(1, 0, 0, 1), .. Ints(6, 0)];
        return Header(file, [(1, Space(shape)), (3, TypeOf(tensor.Type)), (11, filters), (8, layout)]);
    }

    private static byte[] AttributeBody(MemoryStream file, string name, object value)
    {
        var (type, space, data) = value switch
        {
            string text => (HeapText(), Space([]), Reference(file, Encoding.UTF8.GetBytes(text))),
            string[] texts when texts.Length == 0 => (TypeOf(DType.Float64), Space([0]), []),
            string[] texts => Texts(texts),
            _ => throw new ArgumentException($"{value} is no attribute"),
        };
        byte[] nameBytes = [.. Encoding.UTF8.GetBytes(name), 0];
        return [1, 0, .. Words((ushort)nameBytes.Length, (ushort)type.Length, (ushort)space.Length), .. Padded(nameBytes), .. Padded(type), .. Padded(space), .. data];
    }

    private static (byte[] Type, byte[] Space, byte[] Data) Texts(string[] texts)
    {
        int width = texts.Max(t => Math.Max(1, Encoding.UTF8.GetByteCount(t)));
        byte[] data = [.. texts.SelectMany(t => Encoding.UTF8.GetBytes(t).Concat(new byte[width]).Take(width))];
        return ([0x13, 1, 0, 0, .. Ints(width)], Space([texts.Length]), data);
    }

    private static byte[] Reference(MemoryStream file, byte[] text)
    {
        byte[] data = Padded(text);
        ulong collection = Append(file, [.. "GCOL"u8, 1, 0, 0, 0, .. Longs((ulong)(16 + 16 + data.Length + 16)), .. Words(1, 1), .. Ints(0), .. Longs((ulong)text.Length), .. data, .. new byte[16]]);
        return [.. Ints(text.Length), .. Longs(collection), .. Ints(1)];
    }

    private static byte[] HeapText() => [0x19, 1, 1, 0, .. Ints(16), 0x13, 0, 1, 0, .. Ints(1)];

    private static byte[] TypeOf(DType type) => type switch
    {
        DType.Float32 => [0x11, 0x20, 31, 0, .. Ints(4), .. Words(0, 32), 23, 8, 0, 23, .. Ints(127)],
        DType.Float64 => [0x11, 0x20, 63, 0, .. Ints(8), .. Words(0, 64), 52, 11, 0, 52, .. Ints(1023)],
        DType.Float16 => [0x11, 0x20, 15, 0, .. Ints(2), .. Words(0, 16), 10, 5, 0, 10, .. Ints(15)],
        _ => [0x10, (byte)(type.IsSigned ? 8 : 0), 0, 0, .. Ints(type.Size), .. Words(0, (ushort)(8 * type.Size))],
    };

    private static byte[] Space(long[] extents) => [1, (byte)extents.Length, 0, 0, 0, 0, 0, 0, .. Longs([.. extents.Select(e => (ulong)e)])];

    private static ulong Header(MemoryStream file, IEnumerable<(int Kind, byte[] Body)> messages)
    {
        var all = messages.Select(m => (m.Kind, Body: Padded(m.Body))).ToList();
        byte[] body = [.. all.SelectMany(m => (byte[])[.. Words((ushort)m.Kind, (ushort)m.Body.Length), 0, 0, 0, 0, .. m.Body])];
        return Append(file, [1, 0, .. Words((ushort)all.Count), .. Ints(1, body.Length), 0, 0, 0, 0, .. body]);
    }

    private static ulong Append(MemoryStream file, byte[] bytes)
    {
        file.Write(new byte[-file.Length & 7]);
        ulong address = (ulong)file.Length;
        file.Write(bytes);
        return address;
    }

    private static byte[] Padded(byte[] bytes) => [.. bytes, .. new byte[-bytes.Length & 7]];

    private static byte[] Words(params ushort[] values) => Numbers(values, 2, (span, v) => BinaryPrimitives.WriteUInt16LittleEndian(span, v));

    private static byte[] Ints(params int[] values) => Numbers(values, 4, (span, v) => BinaryPrimitives.WriteInt32LittleEndian(span, v));

    private static byte[] Longs(params ulong[] values) => Numbers(values, 8, (span, v) => BinaryPrimitives.WriteUInt64LittleEndian(span, v));

    private static byte[] Numbers<T>(T[] values, int size, WriteNumber<T> write)
    {
        var bytes = new byte[values.Length * size];
        for (int i = 0; i < values.Length; i++)
            write(bytes.AsSpan(i * size), values[i]);
        return bytes;
    }

    private delegate void WriteNumber<T>(Span<byte> span, T value);
}
