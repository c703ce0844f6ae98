using Lathe.Formats.Importing;
using Lathe.Formats.Keras.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Keras.Operators;

/// <summary>Convolutions whose kernel is another one at each place of the output.</summary>
internal static class LocallyConnected
{
    /// <summary>
    /// Kernels are kept [places, window and inputs, outputs], a window's places before its inputs, or after them where channels come first. The bias has an
    /// element for each place and output, [places..., outputs]; where channels come first, its memory is taken as [outputs, places...], as Keras takes it.
    /// </summary>
    public static Func<LayerContext, Value> Layer(int spatial) => layer =>
    {
        var (settings, layout, x) = (layer.Settings, Images.LayoutOf(layer.Settings), Images.Image(layer, spatial));
        if (settings.Int("implementation", 1) != 1)
            throw layer.Unsupported("implementations 2 and 3, which keep the kernel otherwise, are not supported");
        var kernel = layer.Weight("kernel");
        long[] extents = Images.Kernel(settings, spatial);
        var window = Images.WindowOf(settings, x, layout, extents, settings.PerAxis("strides", spatial, 1), [.. Enumerable.Repeat(1L, spatial)]);
        if (window.HasPadding)
            throw layer.Unsupported("padding is not supported here");
        var last = layout == Layout.ChannelsLast ? x : layer.Builder.Permuted(x, [0, .. Enumerable.Range(2, spatial), 1]);
        long channels = last.Shape[^1].Value, places = 1;
        var outputs = new long[spatial];
        for (int i = 0; i < spatial; i++)
            places = checked(places * (outputs[i] = window.OutputExtent(i, last.Shape[1 + i]).Value));
        long reach = extents.Aggregate(1L, (a, e) => checked(a * e));
        if (kernel.Type.Rank != 3 || kernel.Shape[0] != places || kernel.Shape[1] != reach * channels)
            layer.Fail($"weights {kernel.Type} do not suit {x.Type}");

        if (layout == Layout.ChannelsFirst)
        {
            var turned = layer.Builder.Permuted(layer.Builder.Reshaped(kernel, [places, channels, reach, kernel.Shape[2]]), 0, 2, 1, 3);
            kernel = layer.Builder.Reshaped(turned, kernel.Shape);
        }
        // All windows side by side: [batch, places, window, channels].
        var flat = layer.Builder.Reshaped(last, [last.Shape[0], .. new[] { (Dim)last.Shape.Skip(1).Take(spatial).Aggregate(1L, (a, d) => a * d.Value) }, channels]);
        var windows = layer.Add(new Gather(1), flat, layer.Builder.Constant(Tensor.Of<long>([places * reach], Places(window, outputs, [.. last.Shape.Skip(1).Take(spatial).Select(d => d.Value)]))));
        // A matrix product for each place: [places, batch, window and channels] times its kernel.
        var rows = layer.Builder.Permuted(layer.Builder.Reshaped(windows, [last.Shape[0], places, reach * channels]), 1, 0, 2);
        var product = layer.Builder.Permuted(layer.Add(new MatMul(), rows, kernel), 1, 0, 2);
        var image = layer.Builder.Reshaped(product, [last.Shape[0], .. outputs.Select(o => (Dim)o), kernel.Shape[2]]);
        if (layout == Layout.ChannelsFirst)
            image = layer.Builder.Permuted(image, [0, spatial + 1, .. Enumerable.Range(1, spatial)]);
        if (layer.TryWeight("bias") is { } bias)
            image = layer.Add(new Add(), image, layer.Builder.Reshaped(bias, [.. image.Shape.Skip(1)]));
        return ActivationFunctions.Apply(layer, image);
    };

    /// <summary>For each output place and place of the window, the input place that it reads, in row-major order.</summary>
    private static long[] Places(Window window, long[] outputs, long[] inputs)
    {
        int spatial = outputs.Length;
        long[] extents = [.. outputs, .. window.Kernel];
        var result = new long[extents.Aggregate(1L, (a, e) => checked(a * e))];
        var at = new long[extents.Length];
        for (int i = 0; i < result.Length; i++)
        {
            long place = 0;
            for (int axis = 0; axis < spatial; axis++)
                place = (place * inputs[axis]) + (at[axis] * window.Strides[axis]) + at[spatial + axis];
            result[i] = place;
            for (int axis = extents.Length - 1; axis >= 0 && ++at[axis] == extents[axis]; axis--)
                at[axis] = 0;
        }
        return result;
    }
}
