using Lathe.Formats.TensorFlow.Protobuf;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Reading;

/// <summary>
/// A checkpoint: an index of tensors by name, and files with their bytes. Tensors are read when they are asked for; their sizes, places and checksums are checked.
/// </summary>
internal sealed class TensorBundle
{
    private const long MaxIndexBytes = 1 << 28;
    private const string ObjectGraph = "_CHECKPOINTABLE_OBJECT_GRAPH";
    private const string ObjectSuffix = "/.ATTRIBUTES/VARIABLE_VALUE";

    private readonly string _prefix;
    private readonly int _shards;
    private readonly Dictionary<string, BundleEntryProto> _entries = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Tensor> _read = new(StringComparer.Ordinal);
    private readonly Lazy<Dictionary<string, string>> _keysOfObjects;

    private TensorBundle(string prefix, ReadOnlyMemory<byte> index)
    {
        _prefix = prefix;
        _keysOfObjects = new(KeysOfObjects);
        foreach (var (key, value) in SortedTable.Read(index))
        {
            if (key.Length > 0)
                _entries[key] = MessageFile.Parse(value.Span, BundleEntryProto.Parser, $"the entry '{key}' of the checkpoint's index", "as it should be");
            else
                _shards = Header(value.Span);
        }
        if (_shards == 0)
            throw new ModelException("LATHE3554", "the checkpoint's index has no header");
    }

    /// <summary>The names of its tensors.</summary>
    public IEnumerable<string> Keys => _entries.Keys;

    /// <summary>Opens the checkpoint whose files begin with a path: PATH.index and PATH.data-00000-of-00001, ...</summary>
    public static TensorBundle Open(string prefix) => new(prefix, InputFile.ReadAllBytes(prefix + ".index", MaxIndexBytes));

    /// <summary>The key of a variable's tensor: its own name, or what the objects of the checkpoint say.</summary>
    public string? KeyOf(string variable)
    {
        if (_entries.ContainsKey(variable))
            return variable;
        if (_entries.ContainsKey(variable + ObjectSuffix))
            return variable + ObjectSuffix;
        return _keysOfObjects.Value.TryGetValue(variable, out string? key) && _entries.ContainsKey(key) ? key : null;
    }

    /// <summary>A tensor's type and shape, without its bytes; null where there is none of that name.</summary>
    public (DataType Type, Shape Shape)? Describe(string key) =>
        _entries.TryGetValue(key, out var entry) ? (DataTypes.Of(entry.Dtype), Shapes.Known(entry.Shape)) : null;

    /// <summary>Reads a tensor; null where there is none of that name.</summary>
    public Tensor? Read(string key)
    {
        if (_read.TryGetValue(key, out var known))
            return known;
        if (!_entries.TryGetValue(key, out var entry))
            return null;
        var type = DataTypes.Element(DataTypes.Of(entry.Dtype));
        var shape = Shapes.Known(entry.Shape);
        int expected = Tensor.ByteCount(type, shape);
        if (entry.Slices.Count > 0)
            return _read[key] = Booleans.Normalized(new(type, shape, Parts(key, entry, type, shape)));
        if (entry.Size != expected)
            throw new ModelException("LATHE3556", $"the variable '{key}' {type.Name}{shape} has {entry.Size} bytes and needs {expected}");
        return _read[key] = Booleans.Normalized(new(type, shape, Bytes(key, entry)));
    }

    /// <summary>The bytes of a tensor that is stored in parts, which have entries of their own.</summary>
    private byte[] Parts(string key, BundleEntryProto entry, DType type, Shape shape)
    {
        byte[] whole = new byte[Tensor.ByteCount(type, shape)];
        long filled = 0;
        foreach (var slice in entry.Slices)
        {
            var part = TensorPart.Of(slice, shape, key);
            if (!_entries.TryGetValue(PartKey.Of(key, slice), out var stored) || stored.Slices.Count > 0 || stored.Dtype != entry.Dtype || stored.Size != part.Count * type.Size)
                throw new ModelException("LATHE3558", $"the checkpoint lacks the part {part} of the variable '{key}'");
            part.CopyInto(whole, shape, Bytes(key, stored), type.Size);
            filled += part.Count;
        }
        return filled >= shape.ElementCount ? whole : throw new ModelException("LATHE3558", $"the parts of the variable '{key}' {type.Name}{shape} hold {filled} of {shape.ElementCount} elements");
    }

    private static int Header(ReadOnlySpan<byte> bytes)
    {
        var header = MessageFile.Parse(bytes, BundleHeaderProto.Parser, "the header of the checkpoint's index", "as it should be");
        if (header.Endianness != 0)
            throw new UnsupportedException("LATHE3555", "the checkpoint's numbers begin with their highest byte, which is not supported");
        return header.NumShards is >= 1 and <= 99_999 ? header.NumShards : throw new ModelException("LATHE3554", $"the checkpoint has {header.NumShards} files of data");
    }

    private byte[] Bytes(string key, BundleEntryProto entry, bool isChecked = true)
    {
        if (entry.ShardId < 0 || entry.ShardId >= _shards)
            throw new ModelException("LATHE3556", $"the variable '{key}' is in file {entry.ShardId} of {_shards}");
        string path = $"{_prefix}.data-{entry.ShardId:D5}-of-{_shards:D5}";
        using var file = InputFile.OpenRead(path);
        if (entry.Offset < 0 || entry.Size < 0 || entry.Offset > file.Length || entry.Size > file.Length - entry.Offset)
            throw new ModelException("LATHE3556", $"the variable '{key}' takes {entry.Size} bytes from {entry.Offset} on of a file of {file.Length}");
        byte[] bytes = new byte[entry.Size];
        InputFile.Guard(path, () =>
        {
            file.Seek(entry.Offset, SeekOrigin.Begin);
            file.ReadExactly(bytes);
            return 0;
        });
        if (isChecked && Crc32C.Masked(bytes) != entry.Crc32C)
            throw new ModelException("LATHE3557", $"the bytes of the variable '{key}' are damaged: their checksum is wrong", $"copy {Path.GetFileName(path)} again");
        return bytes;
    }

    /// <summary>Variables' own names to keys, for checkpoints that are written object by object.</summary>
    private Dictionary<string, string> KeysOfObjects()
    {
        var keys = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!_entries.TryGetValue(ObjectGraph, out var entry) || entry.Size is < 5 or > MaxIndexBytes)
            return keys;
        // One text: its length, a checksum of that, and the text.
        byte[] stored = Bytes(ObjectGraph, entry, isChecked: false);
        int at = 0;
        ulong length = Varint.Read(stored, ref at);
        if (length > (ulong)Math.Max(0, stored.Length - at - 4))
            throw new ModelException("LATHE3556", $"the checkpoint's list of objects promises {length} bytes and has {stored.Length - at - 4}");
        var objects = MessageFile.Parse(stored.AsSpan(at + 4, (int)length), TrackableObjectGraph.Parser, "the checkpoint's list of objects", "as it should be");
        foreach (var attribute in objects.Nodes.SelectMany(n => n.Attributes).Where(a => a.FullName.Length > 0))
            keys.TryAdd(attribute.FullName, attribute.CheckpointKey);
        return keys;
    }
}
