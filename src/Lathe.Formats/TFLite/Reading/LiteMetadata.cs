using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Reading;

/// <summary>
/// What the makers of a model say about it: the FlatBuffers table in the metadata block TFLITE_METADATA, with files such as lists of classes, which are a zip
/// archive behind the model. Field numbers are those of the published metadata schema.
/// </summary>
internal sealed class LiteMetadata
{
    private const string BlockName = "TFLITE_METADATA";
    private const byte Normalization = 1, AxisLabels = 2;
    private const int MaxTensors = 1 << 12;
    private static readonly byte[] Identifier = "M001"u8.ToArray();

    private LiteMetadata(FlatTable root, ReadOnlyMemory<byte> file)
    {
        (Name, Description, Version, Author, Licence) = (root.Text(0), root.Text(1), root.Text(2), root.Text(4), root.Text(5));
        Files = new(file);
        if (root.Tables(3) is [var graph, ..])
            (Inputs, Outputs) = (Tensors(graph, 2), Tensors(graph, 3));
    }

    public string Name { get; }

    public string Description { get; }

    public string Version { get; }

    public string Author { get; }

    public string Licence { get; }

    public PackedFiles Files { get; }

    /// <summary>What is said of the first graph's inputs, in their order; it may be of none.</summary>
    public IReadOnlyList<TensorMetadata> Inputs { get; } = [];

    public IReadOnlyList<TensorMetadata> Outputs { get; } = [];

    /// <summary>Null where the model has none. Damaged metadata is a <see cref="ModelException"/>.</summary>
    public static LiteMetadata? Read(LiteModel model)
    {
        var (name, bytes) = model.Metadata.FirstOrDefault(m => m.Name == BlockName);
        if (name is null)
            return null;
        return FlatTable.HasIdentifier(bytes.Span, Identifier)
            ? new(FlatTable.Root(bytes), model.Root.File)
            : throw new ModelException("LATHE3247", "the model's metadata is not what the metadata schema says", "it is damaged; the model itself may not be");
    }

    private TensorMetadata[] Tensors(FlatTable graph, int field)
    {
        var tables = graph.Tables(field);
        if (tables.Length > MaxTensors)
            throw FlatTable.Damaged($"has metadata of {tables.Length} tensors");
        return [.. tables.Select(t => new TensorMetadata(t.Text(0), t.Text(1), NormalizationOf(t), LabelsOf(t)))];
    }

    private static PixelNormalization? NormalizationOf(FlatTable tensor)
    {
        foreach (var unit in tensor.Tables(4))
        {
            if (unit.Byte(0) != Normalization || unit.Table(1) is not { } options)
                continue;
            float[] mean = options.Numbers<float>(0), std = options.Numbers<float>(1);
            if (mean.Length is > 0 and <= 4 && std.Length == mean.Length && std.All(s => s is > 0 and < float.PositiveInfinity) && mean.All(float.IsFinite))
                return new([.. mean.Select(m => (double)m)], [.. std.Select(s => (double)s)]);
        }
        return null;
    }

    /// <summary>Of lists in several languages, the first: it is the one without a locale, or English.</summary>
    private IReadOnlyList<string>? LabelsOf(FlatTable tensor)
    {
        foreach (var file in tensor.Tables(6))
            if (file.Byte(2) == AxisLabels && Files.Text(file.Text(0)) is { } text)
                return text.TrimStart('\uFEFF').ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
        return null;
    }
}

/// <summary>What is said of one input or output.</summary>
/// <param name="Normalization">How pixels become the input's elements.</param>
/// <param name="Labels">Names for the places along the last axis.</param>
internal sealed record TensorMetadata(string Name, string Description, PixelNormalization? Normalization, IReadOnlyList<string>? Labels);
