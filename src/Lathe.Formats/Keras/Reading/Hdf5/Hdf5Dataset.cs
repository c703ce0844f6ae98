using Lathe.Tensors;

namespace Lathe.Formats.Keras.Reading.Hdf5;

/// <summary>An array of a file.</summary>
internal sealed class Hdf5Dataset
{
    private readonly Hdf5Format _format;
    private readonly ObjectHeader _header;
    private readonly Datatype _type;

    public Hdf5Dataset(Hdf5Format format, ObjectHeader header, string path)
    {
        (_format, _header, Path) = (format, header, path);
        _type = Datatype.Read(format, Required(MessageKind.Datatype));
        Shape = Dataspace.Read(format, Required(MessageKind.Dataspace));
    }

    public string Path { get; }

    public Shape Shape { get; }

    public Hdf5Attributes Attributes => new(_format, _header);

    /// <summary>The elements. Those that lie in one piece stay where they are; they must not be written to.</summary>
    public Tensor Read()
    {
        var element = _type switch
        {
            { Kind: ElementKind.Number } => _type.Element,
            // NumPy has no bfloat16, so that Keras writes bytes and says in an attribute what they are.
            { Kind: ElementKind.Opaque, Size: 2 } when Attributes.Text("dtype") == "bfloat16" => DType.BFloat16,
            _ => throw _format.Bytes.Unsupported($"the array '{Path}', which is not of numbers"),
        };
        int size = Tensor.ByteCount(element, Shape);
        var tensor = new Tensor(element, Shape, Data(size));
        return _type is { IsBigEndian: true, Size: > 1 } ? Swapped(tensor) : tensor;
    }

    private Memory<byte> Data(int size)
    {
        var layout = Required(MessageKind.Layout);
        byte version = layout.Byte();
        if (version is not (3 or 4))
            throw _format.Bytes.Unsupported($"version {version} of the layout of arrays");
        byte kind = layout.Byte();
        switch (kind)
        {
            case 0:
                var compact = layout.Take(layout.UInt16());
                return compact.Length >= size ? compact[..size].ToArray() : throw Short(compact.Length, size);
            case 1:
                var (address, length) = (layout.Address(), layout.Length());
                if (size == 0)
                    return Memory<byte>.Empty;
                if (length < size)
                    throw Short(length, size);
                return _format.Bytes.Slice(address ?? throw _format.Bytes.Damaged($"lacks the elements of '{Path}'"), size);
            case 2:
                var filters = _header.Find(MessageKind.Filters) is { } pipeline ? Filters.Read(_format, pipeline) : [];
                var chunks = version == 3
                    ? ChunkIndex.Read(_format, layout, Shape.Rank)
                    : ChunkIndex.ReadNewer(_format, layout, Shape, filters.Length > 0);
                return new ChunkReader(_format, Path, Shape.ToArray(), _type.Size, filters).Read(chunks, size);
            default:
                throw _format.Bytes.Unsupported($"arrays of layout {kind}");
        }
    }

    private ModelException Short(long found, long needed) => _format.Bytes.Damaged($"has {found} bytes for '{Path}', which takes {needed}");

    private Cursor Required(MessageKind kind) => _header.Find(kind) ?? throw _format.Bytes.Damaged($"says nothing of the {kind} of '{Path}'");

    private static Tensor Swapped(Tensor tensor)
    {
        byte[] bytes = tensor.Bytes.ToArray();
        int size = tensor.Type.Size;
        for (int i = 0; i < bytes.Length; i += size)
            bytes.AsSpan(i, size).Reverse();
        return new(tensor.Type, tensor.Shape, bytes);
    }
}
