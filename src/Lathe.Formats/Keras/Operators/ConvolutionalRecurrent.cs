using Lathe.Formats.Importing;
using Lathe.Formats.Keras.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Keras.Operators;

/// <summary>LSTM layers whose products are convolutions: data [batch, time, image...], unrolled over their steps (Shi et al., 2015).</summary>
internal static class ConvolutionalRecurrent
{
    private const int MaxSteps = 4096;

    public static Func<LayerContext, IReadOnlyList<KerasValue>> Layer(int spatial) => layer => Run(layer, spatial);

    private static IReadOnlyList<KerasValue> Run(LayerContext layer, int spatial)
    {
        var (settings, layout, x) = (layer.Settings, Images.LayoutOf(layer.Settings), layer.Real());
        if (x.Type.Rank != spatial + 3)
            layer.Fail($"{x.Type} should be batch, time and an image of {spatial} axes");
        if (x.Shape[1].Value is < 1 or > MaxSteps)
            throw layer.Unsupported($"{x.Type} has {x.Shape[1]} steps; 1 to {MaxSteps} are possible");
        if (layer.Mask() is not null)
            throw layer.Unsupported("masks are not supported here");
        var cell = layer.Weights.Children[0].Weights;
        var (kernel, recurrent, bias) = (Weight("kernel"), Weight("recurrent_kernel"), cell.Find("bias"));
        int channel = ImageAxes.Of(layout, spatial + 2).Channel;
        long filters = recurrent.Type.Rank == spatial + 2 ? recurrent.Shape[spatial].Value : 0;
        if (filters == 0 || kernel.Type.Rank != spatial + 2 || kernel.Shape[^1] != 4 * filters || recurrent.Shape[^1] != 4 * filters)
            layer.Fail($"the weights {kernel.Type} and {recurrent.Type} are none of four gates");

        // The input's part of all steps at once: steps are batches.
        long steps = x.Shape[1].Value;
        var images = layer.Builder.Reshaped(x, [x.Shape[0] * x.Shape[1], .. x.Shape.Skip(2)]);
        long[] extents = [.. kernel.Shape.Take(spatial).Select(d => d.Value)];
        var window = Images.WindowOf(settings, images, layout, extents, settings.PerAxis("strides", spatial, 1), settings.PerAxis("dilation_rate", spatial, 1));
        var gates = layer.Add(new Conv(window, 1, layout), images, Convolutions.Arranged(layer, kernel, layout));
        if (bias is not null)
            gates = layer.Add(new Add(), gates, Images.PerChannel(layer, layer.Builder.Constant(bias.Cast(x.Element)), layout, gates.Type.Rank));
        gates = layer.Builder.Reshaped(gates, [x.Shape[0], x.Shape[1], .. gates.Shape.Skip(1)]);

        Shape stateShape = [.. gates.Shape.Where((_, axis) => axis != 1).Select((d, axis) => axis == channel ? filters : d)];
        var initial = layer.Inputs.Skip(1).Concat(layer.TensorsNamed("initial_state")).Select(i => i.Value).ToArray();
        var zero = layer.Builder.Filled(stateShape, 0, x.Element);
        var (h, c) = initial is [var first, var second] ? (first, second) : (zero, zero);
        long[] ones = [.. Enumerable.Repeat(1L, spatial)];
        long[] inner = [.. recurrent.Shape.Take(spatial).Select(d => d.Value)];
        var around = ImageWindows.Of(h, ImageAxes.Of(layout, spatial + 2).FirstSpatial, same: true, inner, ones, ones);
        var recurrentKernel = Convolutions.Arranged(layer, recurrent, layout);
        var (activation, gate) = (ActivationFunctions.Read(settings.Find("activation")), ActivationFunctions.Read(settings.Find("recurrent_activation")));
        bool reverse = settings.Flag("go_backwards", false) != layer.Layer.FlipsDirection;
        var outputs = new Value[steps];
        for (long i = 0; i < steps; i++)
        {
            long time = reverse ? steps - 1 - i : i;
            var now = layer.Builder.Along(gates, 1, time, 1);
            now = layer.Builder.Reshaped(now, [.. now.Shape.Where((_, axis) => axis != 1)]);
            var sums = layer.Builder.Parted(layer.Add(new Add(), now, layer.Add(new Conv(around, 1, layout), h, recurrentKernel)), channel, [filters, filters, filters, filters]);
            Value Gate(int which) => ActivationFunctions.Apply(layer, sums[which], gate);
            var candidate = ActivationFunctions.Apply(layer, sums[2], activation);
            c = layer.Add(new Add(), layer.Add(new Mul(), Gate(1), c), layer.Add(new Mul(), Gate(0), candidate));
            h = layer.Add(new Mul(), Gate(3), ActivationFunctions.Apply(layer, c, activation));
            outputs[layer.Layer.TurnsOutput ? steps - 1 - i : i] = h;
        }
        var result = settings.Flag("return_sequences", false) ? layer.Builder.Packed(outputs, 1) : h;
        return settings.Flag("return_state", false) ? [new(result), new(h), new(c)] : [new(result)];

        Value Weight(string role) => layer.Builder.Constant(
            (cell.Find(role) ?? throw new ModelException("LATHE3422", $"its weight '{role}' is missing")).Cast(x.Element));
    }
}
