using Lathe.Formats.Importing;
using Lathe.Formats.Keras.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Keras.Operators;

/// <summary>Layers that make one tensor of several.</summary>
internal static class Merging
{
    public static IReadOnlyList<KerasValue> Add(LayerContext layer) => Folded(layer, new Add());

    public static IReadOnlyList<KerasValue> Multiply(LayerContext layer) => Folded(layer, new Mul());

    public static IReadOnlyList<KerasValue> Maximum(LayerContext layer) => Folded(layer, new Max());

    public static IReadOnlyList<KerasValue> Minimum(LayerContext layer) => Folded(layer, new Min());

    public static IReadOnlyList<KerasValue> Subtract(LayerContext layer) => layer.Inputs.Count == 2
        ? Folded(layer, new Sub())
        : throw new ModelException("LATHE3440", $"it takes 2 inputs and is called with {layer.Inputs.Count}");

    public static IReadOnlyList<KerasValue> Average(LayerContext layer)
    {
        var (sum, mask) = (Folded(layer, new Add())[0].Value, MaskOfAll(layer));
        return [new(layer.Add(new Mul(), sum, layer.Builder.ScalarLike(1.0 / layer.Inputs.Count, sum)), mask)];
    }

    /// <summary>One after the other along an axis. Steps count where they count in all inputs; along time, each where it did.</summary>
    public static IReadOnlyList<KerasValue> Concatenate(LayerContext layer)
    {
        Value[] parts = [.. Enumerable.Range(0, layer.Inputs.Count).Select(i => layer.In(i))];
        if (parts.Length == 0)
            layer.Fail("it is called without inputs");
        int axis = parts[0].Shape.Axis(layer.Settings.Int("axis", -1));
        var joined = parts.Length == 1 ? parts[0] : layer.Add(new Concat(axis), parts);
        if (layer.Inputs.All(i => i.Mask is null))
            return [new(joined)];
        if (axis != 1 || parts[0].Type.Rank < 3)
            return [new(joined, MaskOfAll(layer))];
        var masks = layer.Inputs.Zip(parts, (input, part) => input.Mask ?? layer.Builder.Filled([.. part.Shape.Take(2)], 1, DType.Bool));
        return [new(joined, layer.Add(new Concat(1), [.. masks]))];
    }

    /// <summary>Sums of products along an axis of each input; batches stay.</summary>
    public static Value Dot(LayerContext layer)
    {
        if (layer.Inputs.Count != 2)
            layer.Fail($"it takes 2 inputs and is called with {layer.Inputs.Count}");
        var (a, b) = (layer.Real(0), layer.Real(1));
        long[] given = layer.Settings.TryInts("axes") ?? throw layer.Settings.Wrong("axes", "one or two axes");
        int first = a.Shape.Axis(given[0]), second = b.Shape.Axis(given[^1]);
        if (given.Length > 2 || first == 0 || second == 0 || a.Type.Rank > 10 || b.Type.Rank > 10)
            throw layer.Unsupported($"products of {a.Type} and {b.Type} along {Misfit.List(given)} are not supported");
        if (layer.Settings.Flag("normalize", false))
            (a, b) = (Normalized(layer, a, first), Normalized(layer, b, second));
        // Batches are a, the summed axis b, and all others have letters of their own.
        string left = Labels(a.Type.Rank, first, 'c'), right = Labels(b.Type.Rank, second, 'n');
        string kept = string.Concat((left + right[1..]).Where(label => label != 'b'));
        var product = layer.Add(new Einsum($"{left},{right}->{kept}"), a, b);
        return product.Type.Rank == 1 ? layer.Builder.Unsqueezed(product, 1) : product;
    }

    /// <summary>Keras 1's layer of many modes.</summary>
    public static IReadOnlyList<KerasValue> Merge(LayerContext layer) => layer.Settings.Text("mode", "sum") switch
    {
        "sum" => Add(layer),
        "mul" => Multiply(layer),
        "max" => Maximum(layer),
        "ave" => Average(layer),
        "concat" => OldConcatenate(layer),
        var mode => throw layer.Unsupported($"the mode '{mode}' is not supported"),
    };

    private static IReadOnlyList<KerasValue> OldConcatenate(LayerContext layer)
    {
        Value[] parts = [.. Enumerable.Range(0, layer.Inputs.Count).Select(i => layer.In(i))];
        return [new(layer.Add(new Concat(parts[0].Shape.Axis(layer.Settings.Int("concat_axis", -1))), parts))];
    }

    private static IReadOnlyList<KerasValue> Folded(LayerContext layer, Op op)
    {
        if (layer.Inputs.Count == 0)
            layer.Fail("it is called without inputs");
        var type = Enumerable.Range(0, layer.Inputs.Count).Select(i => layer.In(i).Element).Max();
        Value[] values = [.. Enumerable.Range(0, layer.Inputs.Count).Select(i => layer.In(i)).Select(v => v.Element == type ? v : layer.Add(new Cast(type), v))];
        // A tensor of a lower rank gets axes after the batch.
        int rank = values.Max(v => v.Type.Rank);
        var sum = values.Select(v => v.Type.Rank == rank || v.Type.Rank == 0
            ? v
            : layer.Builder.Reshaped(v, [v.Shape[0], .. Enumerable.Repeat((Dim)1, rank - v.Type.Rank), .. v.Shape.Skip(1)])).Aggregate((a, b) => layer.Add(op, a, b));
        return [new(sum, MaskOfAll(layer))];
    }

    private static Value? MaskOfAll(LayerContext layer) => layer.Inputs.Select(i => i.Mask).Aggregate((a, b) => Masks.And(layer, a, b));

    private static Value Normalized(LayerContext layer, Value x, int axis)
    {
        var square = layer.Add(new ReduceSum([axis], KeepDims: true), layer.Builder.Squared(x));
        return layer.Add(new Mul(), x, layer.Builder.Rsqrt(layer.Add(new Max(), square, layer.Builder.ScalarLike(1e-12, x))));
    }

    private static string Labels(int rank, int summed, char from) =>
        string.Concat(Enumerable.Range(0, rank).Select(axis => axis == 0 ? 'a' : axis == summed ? 'b' : (char)(from + axis)));
}
