using Lathe.Formats.Importing;
using Lathe.Formats.Keras.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Keras.Operators;

/// <summary>Masks: which steps of time, or which places, count.</summary>
internal static class Masks
{
    /// <summary>Scores with a large negative number added where a mask is false, so that softmax gives them no weight.</summary>
    public static Value LeftOut(LayerContext layer, Value scores, Value mask)
    {
        var outside = layer.Add(new Sub(), layer.Builder.ScalarLike(1, scores), layer.Add(new Cast(scores.Element), mask));
        return layer.Add(new Add(), scores, layer.Add(new Mul(), outside, layer.Builder.ScalarLike(-1e9, scores)));
    }

    /// <summary>A mask [batch, time] as numbers that broadcast to a value [batch, time, ...].</summary>
    public static Value Weights(LayerContext layer, Value mask, Value like)
    {
        Shape shape = [.. mask.Shape, .. Enumerable.Repeat((Dim)1, like.Type.Rank - mask.Type.Rank)];
        return layer.Builder.Reshaped(layer.Add(new Cast(like.Element), mask), shape);
    }

    /// <summary>What counts in both; null counts everywhere.</summary>
    public static Value? And(LayerContext layer, Value? a, Value? b) => a is null ? b : b is null ? a : layer.Add(new And(), a, b);

    /// <summary>Steps at which any feature differs from a value count; the others become zeros.</summary>
    public static IReadOnlyList<KerasValue> Masking(LayerContext layer)
    {
        var x = layer.Real();
        if (x.Type.Rank < 2)
            layer.Fail($"{x.Type} has no features");
        var differs = layer.Add(new Cast(x.Element), layer.Add(new NotEqual(), x, layer.Builder.ScalarLike(layer.Settings.Float("mask_value", 0), x)));
        int last = x.Type.Rank - 1;
        var any = layer.Add(new ReduceMax([last], KeepDims: true), differs);
        var mask = layer.Add(new Greater(), layer.Builder.Reshaped(any, [.. any.Shape.SkipLast(1)]), layer.Builder.ScalarLike(0, x));
        return [new(layer.Add(new Mul(), x, any), mask)];
    }
}
