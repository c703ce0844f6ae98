using Lathe.Formats.TFLite.Importing;
using Lathe.Formats.TFLite.Reading;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite;

/// <summary>Reads what a TFLite file says about itself.</summary>
internal static class TFLiteInfo
{
    /// <summary>Longer descriptions are cut: facts are a line each.</summary>
    private const int MaxText = 100;

    public static ModelFileInfo Read(string path, ImportOptions options) => Describe(LiteModel.Read(path), options);

    public static ModelFileInfo Describe(LiteModel model, ImportOptions options)
    {
        var entry = options.Signature is { } key ? EntryPoint.Of(model, key) : EntryPoint.Main(model);
        var facts = new List<(string, string)>();
        foreach (var signature in model.Signatures)
            facts.Add(("signature", $"{signature.Key}({string.Join(", ", signature.Inputs.Select(i => i.Name))}) -> {string.Join(", ", signature.Outputs.Select(o => o.Name))}"));
        var metadata = MetadataOf(model, facts);
        bool isFirst = entry.Scope.Graph == model.Graphs[0];
        var inputs = isFirst ? Named(entry.Inputs, entry.Scope.Graph.Inputs, metadata?.Inputs ?? []) : [];
        var outputs = isFirst ? Named(entry.Outputs, entry.Scope.Graph.Outputs, metadata?.Outputs ?? []) : [];
        return new(
            "TFLite",
            model.Description,
            model.Version,
            new Dictionary<string, long>(),
            [.. entry.Inputs.Select(i => (i.Name, (Shape?)GraphInputs.Declared(i.Name, entry.Scope.Tensor(i.Tensor))))],
            facts)
        {
            Operators = [.. entry.Scope.Graph.Operators.Select(o => (KindOf(model, o), o.Outputs is [>= 0 and var first, ..] && first < entry.Scope.Graph.Tensors.Count ? entry.Scope.Tensor(first).Name : ""))],
            Normalizations = inputs.Where(i => i.About.Normalization is not null)
                .ToDictionary(i => i.Name, i => Stored(i.About.Normalization!, entry.Scope.Tensor(i.Tensor))),
            OutputScales = entry.Outputs.Select(o => (o.Name, Tensor: entry.Scope.Tensor(o.Tensor))).Where(o => o.Tensor is { Type: not LiteType.Float32, Quantization.IsPerAxis: false })
                .ToDictionary(o => o.Name, o => ((double)o.Tensor.Quantization!.Scale, (long)o.Tensor.Quantization.ZeroPoint)),
            ClassNames = outputs.Where(o => o.About.Labels is not null).ToDictionary(o => o.Name, o => o.About.Labels!),
        };
    }

    private static string KindOf(LiteModel model, LiteOperator node) => node.Code < model.Codes.Count ? model.Codes[(int)node.Code].Name : "";

    private static LiteMetadata? MetadataOf(LiteModel model, List<(string, string)> facts)
    {
        LiteMetadata? metadata;
        try
        {
            metadata = LiteMetadata.Read(model);
        }
        catch (ModelException e)
        {
            facts.Add(("metadata", $"not read: {e.Message}"));
            return null;
        }
        if (metadata is null)
            return null;
        foreach (var (name, text) in new[] { ("name", metadata.Name), ("description", metadata.Description), ("version", metadata.Version), ("author", metadata.Author), ("licence", metadata.Licence) })
            if (text.Length > 0)
                facts.Add((name, text.Length <= MaxText ? text : text[..(MaxText - 3)] + "..."));
        foreach (var (kind, tensors) in new[] { ("input", metadata.Inputs), ("output", metadata.Outputs) })
            foreach (var tensor in tensors)
                facts.Add((kind, string.Join("; ", new[] { tensor.Name, tensor.Normalization?.ToString() ?? "", tensor.Labels is { } l ? $"{l.Count} labels" : "" }.Where(t => t.Length > 0))));
        facts.AddRange(metadata.Files.List.Select(f => ("packed file", $"{f.Name}, {f.Bytes} bytes")));
        return metadata;
    }

    /// <summary>Metadata goes by the places of the graph's tensors.</summary>
    private static List<(int Tensor, string Name, TensorMetadata About)> Named(IEnumerable<(int Tensor, string Name)> tensors, int[] places, IReadOnlyList<TensorMetadata> about) =>
        [.. tensors.Select(t => (t.Tensor, t.Name, Place: Array.IndexOf(places, t.Tensor))).Where(t => t.Place < about.Count).Select(t => (t.Tensor, t.Name, about[t.Place]))];

    /// <summary>
    /// What gives the integers that the tensor stores. Pixels are the integers themselves where these are u8: the model's scale undoes the normalization.
    /// </summary>
    private static PixelNormalization Stored(PixelNormalization real, LiteTensor tensor) => tensor switch
    {
        { Type: LiteType.UInt8 } => new([0], [1]),
        { Type: LiteType.Int8 or LiteType.Int16, Quantization: { } by } => new(
            [.. real.Mean.Zip(real.Std, (mean, std) => mean - (by.ZeroPoint * std * by.Scale))], [.. real.Std.Select(std => std * by.Scale)]),
        _ => real,
    };
}
