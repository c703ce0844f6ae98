using System.Buffers.Binary;

namespace Lathe.Tensors;

/// <summary>
/// A safetensors file: a little-endian 64-bit length, that many bytes of JSON (see <see cref="SafetensorsHeader"/>), then
/// data. <see cref="Open(string)"/> maps the file and copies nothing, so its tensors are valid until <see cref="Dispose"/>.
/// Data may stand at any address unless the file was written with an alignment.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    /// <summary>Padding tensors are named by this and a number; they exist only in files whose metadata has <see cref="AlignmentKey"/>.</summary>
    public const string PadPrefix = "__pad_";

    public const string AlignmentKey = "alignment";

    private static readonly string[] TypeNames =
        ["BOOL", "I8", "I16", "I32", "I64", "U8", "U16", "U32", "U64", "F16", "BF16", "F32", "F64"];

    private readonly MappedFile? _mapping;

    private SafetensorsFile(long length, Func<long, int, Memory<byte>> slice, string name, MappedFile? mapping)
    {
        _mapping = mapping;
        if (length < 8)
            throw new ModelException("LATHE1301", $"'{name}' is not a safetensors file: it has {length} bytes");
        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(slice(0, 8).Span);
        if (headerLength > SafetensorsHeader.MaxLength || (long)headerLength > length - 8)
            throw new ModelException("LATHE1301", $"'{name}' is not a safetensors file: its header of {headerLength} bytes does not fit its {length} bytes");
        long start = 8 + (long)headerLength;
        var header = SafetensorsHeader.Parse(slice(8, (int)headerLength).Span, length - start, name);

        Metadata = header.Metadata;
        bool padded = Metadata.ContainsKey(AlignmentKey);
        var unsupported = header.Entries.Where(e => !TypeNames.Contains(e.Type)).Select(e => $"{e.Name}: {e.Type}").ToEquatableArray();
        if (unsupported.Count > 0)
            throw new UnsupportedException("LATHE1304", $"'{name}' has tensors of types that Lathe does not know:", unsupported);
        var tensors = new OrderedDictionary<string, Tensor>();
        foreach (var entry in header.Entries)
        {
            var type = (DType)Array.IndexOf(TypeNames, entry.Type);
            int count = Tensor.ByteCount(type, entry.Shape);
            if (count != entry.End - entry.Begin)
                throw new ModelException("LATHE1303", $"'{name}': '{entry.Name}' has {entry.End - entry.Begin} bytes, and {type.Name}{entry.Shape} needs {count}");
            var bytes = slice(start + entry.Begin, count);
            if (type == DType.Bool && bytes.Span.IndexOfAnyExceptInRange((byte)0, (byte)1) >= 0)
                throw new ModelException("LATHE1305", $"'{name}': '{entry.Name}' holds bytes that are no booleans");
            if (!(padded && entry.Name.StartsWith(PadPrefix, StringComparison.Ordinal)))
                tensors.Add(entry.Name, new Tensor(type, entry.Shape, bytes));
        }
        Tensors = tensors;
    }

    /// <summary>In the order of the header, without padding tensors.</summary>
    public OrderedDictionary<string, Tensor> Tensors { get; }

    public OrderedDictionary<string, string> Metadata { get; }

    /// <summary>Maps a file; disposing the result unmaps it.</summary>
    public static SafetensorsFile Open(string path)
    {
        var mapping = MappedFile.Open(path);
        try
        {
            return new SafetensorsFile(mapping.Length, mapping.Memory, path, mapping);
        }
        catch
        {
            mapping.Dispose();
            throw;
        }
    }

    /// <summary>Reads a safetensors file that is part of a mapped one, which stays the caller's to dispose.</summary>
    public static SafetensorsFile Open(MappedFile mapping, long offset, long length, string name)
    {
        if (!mapping.Contains(offset, length))
            throw new ModelException("LATHE1301", $"'{name}' does not lie within '{mapping.Path}'");
        return new SafetensorsFile(length, (at, count) => mapping.Memory(offset + at, count), name, null);
    }

    /// <summary>Reads from memory, which the tensors share.</summary>
    public static SafetensorsFile Parse(Memory<byte> bytes, string name = "tensors") =>
        new(bytes.Length, (at, count) => bytes.Slice((int)at, count), name, null);

    /// <summary>See <see cref="Write(Stream, IEnumerable{KeyValuePair{string, Tensor}}, IEnumerable{KeyValuePair{string, string}}, int)"/>.</summary>
    public static void Write(
        string path, IEnumerable<KeyValuePair<string, Tensor>> tensors,
        IEnumerable<KeyValuePair<string, string>>? metadata = null, int alignment = 1) =>
        AtomicFile.Write(path, file => Write(file, tensors, metadata, alignment));

    /// <summary>
    /// Writes tensors so that reading gives them back in this order. The data begins at a multiple of 64 bytes. With an
    /// <paramref name="alignment"/> over 1 (a power of two) every tensor begins at a multiple of it, counted from the start
    /// of the file: as the format allows no holes, <c>u8</c> tensors of zeros named <see cref="PadPrefix"/>0, 1, ... fill
    /// them, and the metadata's <see cref="AlignmentKey"/> says so. Without, wider elements go first, so that every
    /// tensor is aligned to its element.
    /// </summary>
    public static void Write(
        Stream stream, IEnumerable<KeyValuePair<string, Tensor>> tensors,
        IEnumerable<KeyValuePair<string, string>>? metadata = null, int alignment = 1)
    {
        foreach (var segment in Segments(tensors, metadata, alignment))
            stream.Write(segment.Span);
    }

    /// <summary>What <see cref="Write(Stream, IEnumerable{KeyValuePair{string, Tensor}}, IEnumerable{KeyValuePair{string, string}}, int)"/> writes, piece by piece; tensors are not copied.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Segments(
        IEnumerable<KeyValuePair<string, Tensor>> tensors, IEnumerable<KeyValuePair<string, string>>? metadata = null, int alignment = 1)
    {
        var layout = SafetensorsLayout.Plan(tensors, alignment);
        return [layout.Header(metadata ?? []), .. layout.InFileOrder.Select(p => (ReadOnlyMemory<byte>)p.Tensor.Bytes)];
    }

    internal static string TypeName(DType type) => TypeNames[(int)type];

    public void Dispose() => _mapping?.Dispose();
}
