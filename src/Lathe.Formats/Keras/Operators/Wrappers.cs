using Lathe.Formats.Importing;
using Lathe.Formats.Keras.Importing;
using Lathe.Formats.Keras.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Keras.Operators;

/// <summary>Layers that apply another.</summary>
internal static class Wrappers
{
    public static IEnumerable<ChildWeights> WrappedWeights(LayerConfig layer) =>
        layer.Inner.TryGetValue("layer", out var inner) && inner is [var only] ? [new(["layer"], WeightTree.Of(only))] : [];

    /// <summary>The layer applied to each step of time: steps become batches.</summary>
    public static IReadOnlyList<KerasValue> TimeDistributed(LayerContext layer)
    {
        var x = layer.Raw();
        if (x.Type.Rank < 3)
            layer.Fail($"{x.Type} has no steps of time");
        var weights = Wrapped(layer);
        // The layers that work on the last axis alone need no other shape.
        if (weights.Layer.ClassName is "Dense" or "Activation" or "Dropout")
            return [new(layer.Call(weights.Layer, weights, new KerasValue(x))[0].Value, layer.Mask())];
        var flat = layer.Builder.Reshaped(x, [x.Shape[0] * x.Shape[1], .. x.Shape.Skip(2)]);
        var y = layer.Call(weights.Layer, weights, new KerasValue(flat))[0].Value;
        return [new(layer.Builder.Reshaped(y, [x.Shape[0], x.Shape[1], .. y.Shape.Skip(1)]), layer.Mask())];
    }

    /// <summary>A recurrent layer run both ways; the backward one puts its outputs in the order of time again.</summary>
    public static IReadOnlyList<KerasValue> Bidirectional(LayerContext layer)
    {
        if (layer.Weights.Children is not [{ Weights: var forward }, { Weights: var backward }])
            throw layer.Settings.Wrong("layer", "a recurrent layer");
        var settings = forward.Layer.Settings;
        bool sequences = settings.Flag("return_sequences", false), states = settings.Flag("return_state", false);
        var initial = layer.Inputs.Skip(1).Concat(layer.TensorsNamed("initial_state")).ToArray();
        var there = layer.Call(forward.Layer, forward, [layer.Inputs[0], .. initial.Take(initial.Length / 2)]);
        var back = layer.Call(backward.Layer, backward, [layer.Inputs[0], .. initial.Skip(initial.Length / 2)]);
        var (a, b) = (there[0].Value, back[0].Value);
        IReadOnlyList<KerasValue> rest = states ? [.. there.Skip(1), .. back.Skip(1)] : [];
        var mask = sequences ? layer.Mask() : null;
        return layer.Settings.Text("merge_mode", layer.Settings.Json.TryGetProperty("merge_mode", out _) ? "none" : "concat") switch
        {
            "concat" => [new(layer.Add(new Concat(a.Type.Rank - 1), a, b), mask), .. rest],
            "sum" => [new(layer.Add(new Add(), a, b), mask), .. rest],
            "mul" => [new(layer.Add(new Mul(), a, b), mask), .. rest],
            "ave" => [new(layer.Add(new Mul(), layer.Add(new Add(), a, b), layer.Builder.ScalarLike(0.5, a)), mask), .. rest],
            "none" => [new(a, mask), new(b, mask), .. rest],
            _ => throw layer.Settings.Wrong("merge_mode", "concat, sum, mul, ave or nothing"),
        };
    }

    /// <summary>The backward layer is the forward one the other way around, unless it is given.</summary>
    public static IEnumerable<ChildWeights> BothWeights(LayerConfig layer)
    {
        if (!layer.Inner.TryGetValue("layer", out var inner) || inner is not [var forward] || LayerTable.Find(forward) is null)
            return [];
        var backward = layer.Inner.TryGetValue("backward_layer", out var given) && given is [var other]
            ? other with { TurnsOutput = true }
            : forward with { Name = $"{forward.Name}_backward", FlipsDirection = true, TurnsOutput = true };
        return [new(["forward_layer"], WeightTree.Of(forward)), new(["backward_layer"], WeightTree.Of(backward))];
    }

    /// <summary>The weights as training left them: those of the layer inside.</summary>
    public static IReadOnlyList<KerasValue> Plain(LayerContext layer) => layer.Call(Wrapped(layer).Layer, Wrapped(layer), [.. layer.Inputs]);

    private static LayerWeights Wrapped(LayerContext layer) => layer.Weights.Children is [{ Weights: var only }]
        ? only
        : throw layer.Settings.Wrong("layer", "a layer");
}
