using System.Text;
using Lathe.Tensors;

namespace Lathe.Formats.Keras.Reading.Hdf5;

/// <summary>The attributes of a group or dataset, by name.</summary>
internal sealed class Hdf5Attributes
{
    private readonly Hdf5Format _format;
    private readonly Dictionary<string, (Datatype Type, Shape Shape, ReadOnlyMemory<byte> Data)> _byName = [];

    public Hdf5Attributes(Hdf5Format format, ObjectHeader header)
    {
        _format = format;
        foreach (var cursor in header.All(MessageKind.Attribute))
            Add(cursor);
        if (header.Find(MessageKind.AttributeInfo) is not { } info)
            return;
        info.Version(0, "attribute information");
        byte flags = info.Byte();
        info.Skip((flags & 1) != 0 ? 2 : 0);
        if (info.Address() is not { } heapAddress || info.Address() is not { } tree)
            return;
        var heap = new FractalHeap(format, heapAddress);
        foreach (var record in BTree2.Records(format, tree))
            Add(format.Over(heap.Object(record.Take(heap.IdLength))));
    }

    public IEnumerable<string> Names => _byName.Keys;

    /// <summary>An attribute that is one text, or null where there is none of the name.</summary>
    public string? Text(string name) => Texts(name) is { } all
        ? all is [var only] ? only : throw _format.Bytes.Damaged($"has {all.Length} texts in the attribute '{name}', where one belongs")
        : null;

    /// <summary>An attribute that is a list of texts, or null where there is none of the name.</summary>
    public string[]? Texts(string name)
    {
        if (!_byName.TryGetValue(name, out var attribute))
            return null;
        var (type, shape, data) = attribute;
        var texts = new string[shape.ElementCount];
        for (int i = 0; i < texts.Length; i++)
        {
            var element = data.Slice(i * type.Size, type.Size);
            texts[i] = type.Kind switch
            {
                ElementKind.Text => Encoding.UTF8.GetString(element.Span).TrimEnd('\0'),
                ElementKind.HeapText => GlobalHeap.Text(_format, _format.Over(element)),
                // NumPy's empty list of names has the type of floats.
                _ => throw _format.Bytes.Damaged($"has no text in the attribute '{name}'"),
            };
        }
        return texts;
    }

    /// <summary>As <see cref="Texts"/>, of a list that was cut because of its length into name0, name1, ...</summary>
    public string[]? TextsInParts(string name)
    {
        if (Texts(name) is { } whole)
            return whole;
        var all = new List<string>();
        int part = 0;
        for (; Texts($"{name}{part}") is { } texts; part++)
            all.AddRange(texts);
        return part > 0 ? [.. all] : null;
    }

    private void Add(Cursor cursor)
    {
        byte version = cursor.Byte();
        if (version is < 1 or > 3)
            throw _format.Bytes.Unsupported($"version {version} of attributes");
        if ((cursor.Byte() & 3) != 0 && version > 1)
            throw _format.Bytes.Unsupported("attributes of a shared type");
        int nameSize = cursor.UInt16(), typeSize = cursor.UInt16(), spaceSize = cursor.UInt16();
        cursor.Skip(version == 3 ? 1 : 0);
        var (name, typeBytes, spaceBytes) = (Part(nameSize), Part(typeSize), Part(spaceSize));
        if (!TryType(typeBytes, out var type))
            return;
        var shape = Dataspace.Read(_format, _format.Over(spaceBytes));
        long size = shape.ElementCount * type.Size;
        _byName[Encoding.UTF8.GetString(name.Span).TrimEnd('\0')] = (type, shape, cursor.Take(size));

        ReadOnlyMemory<byte> Part(int length)
        {
            var part = cursor.Take(length);
            if (version == 1)
                cursor.Skip(-length & 7);
            return part;
        }
    }

    /// <summary>Attributes of types that nothing here asks for, such as references, may be there.</summary>
    private bool TryType(ReadOnlyMemory<byte> bytes, out Datatype type)
    {
        try
        {
            type = Datatype.Read(_format, _format.Over(bytes));
            return true;
        }
        catch (UnsupportedException)
        {
            type = new(ElementKind.Opaque, 1);
            return false;
        }
    }
}
