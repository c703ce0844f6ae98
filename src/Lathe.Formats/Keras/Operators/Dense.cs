using Lathe.Formats.Importing;
using Lathe.Formats.Keras.Importing;
using Lathe.Formats.Keras.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Keras.Operators;

/// <summary>Layers that multiply by a matrix, or look rows of one up.</summary>
internal static class Dense
{
    public static IEnumerable<WeightSlot> KernelAndBias(LayerConfig layer)
    {
        yield return new("kernel");
        if (layer.Settings.Flag("use_bias", true))
            yield return new("bias");
    }

    /// <summary>The last axis times [inputs, units].</summary>
    public static Value Layer(LayerContext layer)
    {
        var (x, kernel) = (layer.Real(), layer.Weight("kernel"));
        if (x.Type.Rank < 2 || kernel.Type.Rank != 2 || (x.Shape[^1].IsKnown && kernel.Shape[0] != x.Shape[^1]))
            layer.Fail($"weights {kernel.Type} do not suit {x.Type}");
        return ActivationFunctions.Apply(layer, Biased(layer, layer.Add(new MatMul(), x, kernel)));
    }

    /// <summary>A bias along the last axis, where the layer has one.</summary>
    public static Value Biased(LayerContext layer, Value sum)
    {
        if (layer.TryWeight("bias") is not { } bias)
            return sum;
        if (bias.Type.Rank != 1 || bias.Shape[0] != sum.Shape[^1])
            layer.Fail($"the bias {bias.Type} does not suit {sum.Type}");
        return layer.Add(new Add(), sum, bias);
    }

    /// <summary>Einstein's summation of data and kernel, such as ab,bc->ac; the bias goes along the axes that a setting names.</summary>
    public static Value Einsum(LayerContext layer)
    {
        string equation = layer.Settings.Text("equation", "").Replace(" ", "", StringComparison.Ordinal);
        var sum = layer.Add(new Einsum(equation), layer.Real(), layer.Weight("kernel"));
        if (layer.TryWeight("bias") is { } bias)
            sum = layer.Add(new Add(), sum, bias);
        return ActivationFunctions.Apply(layer, sum);
    }

    public static IEnumerable<WeightSlot> EinsumWeights(LayerConfig layer)
    {
        yield return new("kernel");
        if (layer.Settings.Has("bias_axes"))
            yield return new("bias");
    }

    /// <summary>Rows by their numbers. With mask_zero, steps whose number is 0 do not count.</summary>
    public static IReadOnlyList<KerasValue> Embedding(LayerContext layer)
    {
        var (indices, rows) = (layer.Raw(), layer.Weight("embeddings"));
        if (rows.Type.Rank != 2)
            layer.Fail($"weights {rows.Type} are no rows");
        if (!indices.Element.IsInteger)
            indices = layer.Add(new Cast(DType.Int32), indices);
        var mask = layer.Settings.Flag("mask_zero", false) ? layer.Add(new NotEqual(), indices, layer.Builder.ScalarLike(0, indices)) : null;
        return [new(layer.Add(new Gather(0), rows, indices), mask)];
    }

    public static IEnumerable<WeightSlot> EmbeddingWeights(LayerConfig layer) => [new("embeddings")];
}
