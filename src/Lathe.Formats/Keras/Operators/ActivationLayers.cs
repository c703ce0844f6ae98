using Lathe.Formats.Importing;
using Lathe.Formats.Keras.Importing;
using Lathe.Formats.Keras.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.Keras.Operators;

/// <summary>Layers that are an activation.</summary>
internal static class ActivationLayers
{
    public static Value Activation(LayerContext layer) => ActivationFunctions.Apply(layer, layer.Real());

    public static Value Relu(LayerContext layer)
    {
        var settings = layer.Settings;
        return ActivationFunctions.Relu(layer, layer.Real(), settings.Float("negative_slope", 0), settings.Float("threshold", 0), settings.TryFloat("max_value"));
    }

    public static Value LeakyRelu(LayerContext layer) =>
        layer.Add(new LeakyRelu(layer.Settings.Float("negative_slope", layer.Settings.Float("alpha", 0.3))), layer.Real());

    public static Value Elu(LayerContext layer) => layer.Add(new Elu(layer.Settings.Float("alpha", 1)), layer.Real());

    public static Value ThresholdedRelu(LayerContext layer) => layer.Settings.Float("theta", 1) is >= 0 and var theta
        ? layer.Add(new ThresholdedRelu(theta), layer.Real())
        : throw layer.Unsupported($"a threshold of {layer.Settings.Float("theta", 1)} is not supported");

    /// <summary>The slopes have the shape of one element of the batch, 1 along axes that share them.</summary>
    public static Value PRelu(LayerContext layer) => layer.Add(new PRelu(), layer.Real(), layer.Weight("alpha"));

    public static IEnumerable<WeightSlot> Slopes(LayerConfig layer) => [new("alpha")];

    /// <summary>Along one axis, or along several together; what a mask leaves out weighs nothing.</summary>
    public static Value Softmax(LayerContext layer)
    {
        var x = layer.Real();
        if (layer.TensorNamed("mask") is { } mask)
            x = Masks.LeftOut(layer, x, mask.Value);
        else if (layer.Inputs.Count > 1)
            x = Masks.LeftOut(layer, x, layer.Raw(1));
        int[] axes = [.. (layer.Settings.TryInts("axis") ?? [-1]).Select(a => x.Shape.Axis(a))];
        if (axes is [var only])
            return layer.Add(new Softmax(only), x);
        var largest = layer.Add(new ReduceMax(axes, KeepDims: true), x);
        var powers = layer.Add(new Exp(), layer.Add(new Sub(), x, largest));
        return layer.Add(new Div(), powers, layer.Add(new ReduceSum(axes, KeepDims: true), powers));
    }
}
