using Lathe.Tensors;

namespace Lathe.Formats.Keras.Reading;

/// <summary>Weights of recurrent layers as Keras 1 kept them, an array for each gate: input's, recurrent, bias, for gate after gate.</summary>
internal static class FirstKerasWeights
{
    /// <summary>By class, the gates in the order of Keras 2, each by its place in the order of Keras 1.</summary>
    private static readonly Dictionary<string, int[]> Gates = new()
    {
        ["LSTM"] = [0, 2, 1, 3],
        ["ConvLSTM2D"] = [0, 2, 1, 3],
        ["GRU"] = [0, 1, 2],
    };

    /// <summary>Joins the gates' arrays where the layer's weights are kept so.</summary>
    public static bool TryFill(LayerWeights layer, string[] names, Func<string, Tensor> read)
    {
        if (layer.Layer.ClassName == "Bidirectional" && names.Length % 2 == 0 && layer.Children is [{ Weights: var forward }, { Weights: var backward }])
            return TryFill(forward, names[..(names.Length / 2)], read) && TryFill(backward, names[(names.Length / 2)..], read);
        if (!Gates.TryGetValue(layer.Layer.ClassName, out int[]? gates) || names.Length != 3 * gates.Length || layer.Children is not [{ Weights: var cell }])
            return false;
        string[] roles = ["kernel", "recurrent_kernel", "bias"];
        for (int i = 0; i < roles.Length; i++)
            cell.Set(roles[i], Joined([.. gates.Select(g => read(names[(3 * g) + i]))]));
        return true;
    }

    /// <summary>Tensors that are alike, one after the other along the last axis.</summary>
    private static Tensor Joined(Tensor[] parts)
    {
        var first = parts[0];
        if (first.Shape.Rank == 0 || parts.Any(p => p.Shape != first.Shape || p.Type != first.Type))
            throw new ModelException("LATHE3412", $"the weights of a recurrent layer's gates differ: {string.Join(", ", parts.Select(p => p.ToString()))}");
        int row = (int)first.Shape[^1].Value * first.Type.Size;
        var result = Tensor.Zeros(first.Type, [.. first.Shape.SkipLast(1), first.Shape[^1] * parts.Length]);
        for (int at = 0, i = 0; at < result.Bytes.Length; i++)
            for (int part = 0; part < parts.Length; part++, at += row)
                parts[part].Bytes.Span.Slice(i * row, row).CopyTo(result.Bytes.Span[at..]);
        return result;
    }
}
