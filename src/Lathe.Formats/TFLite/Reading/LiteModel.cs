using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Reading;

/// <summary>A .tflite file's structures. Field numbers are those of the published schema, version 3.</summary>
internal sealed class LiteModel
{
    public static readonly byte[] Identifier = "TFL3"u8.ToArray();

    private LiteModel(FlatTable root)
    {
        Root = root;
        Version = root.UInt(0);
        if (Version is not (3 or 0))
            throw new UnsupportedException("LATHE3202", $"the file has version {Version} of the TFLite schema, and version 3 is read");
        Codes = [.. root.Tables(1).Select(t => new LiteOperatorCode(t))];
        Buffers = root.Tables(4);
        Graphs = [.. root.Tables(2).Select((t, i) => new LiteGraph(t, i))];
        if (Graphs.Count == 0)
            throw new ModelException("LATHE3203", "the model has no subgraph", "it was not converted to its end");
    }

    public FlatTable Root { get; }

    public uint Version { get; }

    public string Description => Root.Text(3);

    public IReadOnlyList<LiteOperatorCode> Codes { get; }

    public IReadOnlyList<LiteGraph> Graphs { get; }

    public FlatTable[] Buffers { get; }

    /// <summary>Named entry points; files from before TensorFlow 2.5 have none.</summary>
    public IEnumerable<LiteSignature> Signatures => Root.Tables(7).Select(t => new LiteSignature(t));

    /// <summary>Blocks of metadata by name.</summary>
    public IEnumerable<(string Name, ReadOnlyMemory<byte> Bytes)> Metadata => Root.Tables(6).Select(t => (t.Text(0), BufferBytes(t.UInt(1))));

    public static LiteModel Read(string path) => Parse(InputFile.ReadAllBytes(path, int.MaxValue - 64), Path.GetFileName(path));

    public static LiteModel Parse(ReadOnlyMemory<byte> file, string name = "the model") => FlatTable.HasIdentifier(file.Span, Identifier)
        ? new(FlatTable.Root(file))
        : throw new ModelException("LATHE3201", $"{name} is not a TFLite model: bytes 4 to 7 are not TFL3", "check that the path names a .tflite file");

    /// <summary>A buffer's bytes; buffers of files over 2 GB lie behind the FlatBuffers part.</summary>
    public ReadOnlyMemory<byte> BufferBytes(uint index)
    {
        if (index >= Buffers.Length)
            throw new ModelException("LATHE3204", $"buffer {index} is used and the model has {Buffers.Length}");
        var buffer = Buffers[index];
        var (offset, size) = (buffer.ULong(1), buffer.ULong(2));
        if (offset <= 1)
            return buffer.Bytes(0);
        ulong length = (ulong)buffer.File.Length;
        return size <= length && offset <= length - size
            ? buffer.File.Slice((int)offset, (int)size)
            : throw FlatTable.Damaged($"keeps buffer {index} at byte {offset}, {size} bytes long, and has {length}");
    }
}

/// <summary>Which operator an operator code stands for. Codes over 127 have a field of their own.</summary>
internal sealed class LiteOperatorCode(FlatTable table)
{
    public BuiltinOperator Builtin { get; } = (BuiltinOperator)Math.Max(table.Byte(0), table.Int(3));

    public string Custom { get; } = table.Text(1);

    public int Version { get; } = table.Int(2, 1);

    public string Name => Builtin == BuiltinOperator.CUSTOM ? Custom : Builtin.ToString();
}

/// <summary>A graph of the model. Tensors are counted by their place in it.</summary>
internal sealed class LiteGraph(FlatTable table, int index)
{
    public int Index => index;

    public string Name => table.Text(4);

    public IReadOnlyList<LiteTensor> Tensors { get; } = [.. table.Tables(0).Select(t => new LiteTensor(t))];

    public int[] Inputs { get; } = table.Numbers<int>(1);

    public int[] Outputs { get; } = table.Numbers<int>(2);

    public IReadOnlyList<LiteOperator> Operators { get; } = [.. table.Tables(3).Select(t => new LiteOperator(t))];
}

/// <summary>A use of an operator. A tensor of -1 is an operand that is left out.</summary>
internal sealed class LiteOperator(FlatTable table)
{
    public uint Code { get; } = table.UInt(0);

    public int[] Inputs { get; } = table.Numbers<int>(1);

    public int[] Outputs { get; } = table.Numbers<int>(2);

    public int[] Intermediates => table.Numbers<int>(8);

    /// <summary>The options of the operator's kind; null where all have their defaults.</summary>
    public FlatTable? Options => table.Table(4) ?? table.Table(12);

    public ReadOnlyMemory<byte> CustomOptions => table.Bytes(5);
}

/// <summary>An entry point under a name, with names for what goes in and comes out.</summary>
internal sealed class LiteSignature(FlatTable table)
{
    public string Key => table.Text(2);

    public uint Graph => table.UInt(4);

    public IEnumerable<(string Name, uint Tensor)> Inputs => table.Tables(0).Select(t => (t.Text(0), t.UInt(1)));

    public IEnumerable<(string Name, uint Tensor)> Outputs => table.Tables(1).Select(t => (t.Text(0), t.UInt(1)));
}
