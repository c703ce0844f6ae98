using Lathe.Formats.Importing;
using Lathe.Formats.Keras.Importing;
using Lathe.Formats.Keras.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Keras.Operators;

/// <summary>Convolutions of one to three spatial axes. Kernels are kept [spatial..., inputs, outputs].</summary>
internal static class Convolutions
{
    public static Func<LayerContext, Value> Plain(int spatial) => layer =>
    {
        var (settings, layout, x) = (layer.Settings, Images.LayoutOf(layer.Settings), Images.Image(layer, spatial));
        var kernel = KernelConversion.Of(layer, "kernel", Images.Kernel(settings, spatial), layout);
        var window = Images.WindowOf(settings, x, layout, Extents(layer, kernel, spatial), settings.PerAxis("strides", spatial, 1), settings.PerAxis("dilation_rate", spatial, 1));
        var (channels, perGroup) = (x.Shape[ImageAxes.Of(layout, spatial + 2).Channel].Value, kernel.Shape[spatial].Value);
        if (perGroup == 0 || channels % perGroup != 0)
            layer.Fail($"{channels} channels do not divide into groups of {perGroup}");
        return Finish(layer, layer.Add(new Conv(window, channels / perGroup, layout), x, Arranged(layer, kernel, layout)), layout);
    };

    /// <summary>Each channel by itself: kernels [spatial..., channels, multiplier], and the results of one channel are neighbours.</summary>
    public static Func<LayerContext, Value> Depthwise(int spatial) => layer =>
    {
        var layout = Images.LayoutOf(layer.Settings);
        return Finish(layer, DepthwiseProduct(layer, Images.Image(layer, spatial), spatial, layout), layout);
    };

    /// <summary>Depthwise, then 1x1.</summary>
    public static Func<LayerContext, Value> Separable(int spatial) => layer =>
    {
        var layout = Images.LayoutOf(layer.Settings);
        var each = DepthwiseProduct(layer, Images.Image(layer, spatial), spatial, layout);
        var kernel = layer.Weight("pointwise_kernel");
        var window = Window.Of(Extents(layer, kernel, spatial));
        return Finish(layer, layer.Add(new Conv(window, 1, layout), each, Arranged(layer, kernel, layout)), layout);
    };

    /// <summary>Kernels are kept [spatial..., outputs, inputs].</summary>
    public static Func<LayerContext, Value> Transposed(int spatial) => layer =>
    {
        var (settings, layout, x) = (layer.Settings, Images.LayoutOf(layer.Settings), Images.Image(layer, spatial));
        var kernel = KernelConversion.Of(layer, "kernel", Images.Kernel(settings, spatial), layout, isTransposed: true);
        long[] extents = Extents(layer, kernel, spatial);
        long[] strides = settings.PerAxis("strides", spatial, 1), dilations = settings.PerAxis("dilation_rate", spatial, 1);
        long[]? more = settings.Has("output_padding") ? settings.PerAxis("output_padding", spatial) : null;
        string padding = settings.Text("padding", "valid").ToLowerInvariant();
        int first = ImageAxes.Of(layout, x.Type.Rank).FirstSpatial;
        var (output, before) = (new long[spatial], new long[spatial]);
        for (int i = 0; i < spatial; i++)
        {
            long input = x.Shape[first + i].Value, reach = checked(((extents[i] - 1) * dilations[i]) + 1);
            // With an output padding the result is ((input - 1) * stride + reach - 2 * padding + output padding), with half the reach as padding for same.
            output[i] = (padding, more) switch
            {
                ("same", null) => checked(input * strides[i]),
                ("valid", null) => checked((input * strides[i]) + Math.Max(reach - strides[i], 0)),
                ("same", { } p) => checked(((input - 1) * strides[i]) + reach - (2 * (reach / 2)) + p[i]),
                ("valid", { } p) => checked(((input - 1) * strides[i]) + reach + p[i]),
                _ => throw settings.Wrong("padding", "valid or same"),
            };
            // What the forward convolution from the output to the input would be padded with.
            before[i] = padding == "same" ? Math.Max(0, checked(((input - 1) * strides[i]) + reach - output[i])) / 2 : 0;
        }
        var (window, outputPadding) = ImageWindows.Transposed(x, first, output, extents, strides, dilations, before);
        int[] order = layout == Layout.ChannelsLast
            ? [.. Enumerable.Range(0, spatial), spatial + 1, spatial]
            : [spatial + 1, spatial, .. Enumerable.Range(0, spatial)];
        return Finish(layer, layer.Add(new ConvTranspose(window, outputPadding, 1, layout), x, layer.Builder.Permuted(kernel, order)), layout);
    };

    public static IEnumerable<WeightSlot> DepthwiseWeights(LayerConfig layer) => [new("depthwise_kernel"), .. Dense.KernelAndBias(layer).Skip(1)];

    public static IEnumerable<WeightSlot> SeparableWeights(LayerConfig layer) =>
        [new("depthwise_kernel"), new("pointwise_kernel"), .. Dense.KernelAndBias(layer).Skip(1)];

    /// <summary>A bias for each channel, then the layer's activation.</summary>
    public static Value Finish(LayerContext layer, Value sum, Layout layout)
    {
        if (layer.TryWeight("bias") is { } bias)
        {
            if (bias.Type.Rank != 1 || bias.Shape[0] != sum.Shape[ImageAxes.Of(layout, sum.Type.Rank).Channel])
                layer.Fail($"the bias {bias.Type} does not suit {sum.Type}");
            sum = layer.Add(new Add(), sum, Images.PerChannel(layer, bias, layout, sum.Type.Rank));
        }
        return ActivationFunctions.Apply(layer, sum);
    }

    /// <summary>A kernel [spatial..., inputs, outputs] as the layout has it.</summary>
    public static Value Arranged(LayerContext layer, Value kernel, Layout layout)
    {
        int spatial = kernel.Type.Rank - 2;
        return layout == Layout.ChannelsLast ? kernel : layer.Builder.Permuted(kernel, [spatial + 1, spatial, .. Enumerable.Range(0, spatial)]);
    }

    private static Value DepthwiseProduct(LayerContext layer, Value x, int spatial, Layout layout)
    {
        var settings = layer.Settings;
        var kernel = KernelConversion.Of(layer, "depthwise_kernel", Images.Kernel(settings, spatial), layout);
        long[] strides = settings.PerAxis("strides", spatial, 1);
        var window = Images.WindowOf(settings, x, layout, Extents(layer, kernel, spatial), strides, settings.PerAxis("dilation_rate", spatial, 1));
        long channels = x.Shape[ImageAxes.Of(layout, spatial + 2).Channel].Value;
        if (kernel.Shape[spatial] != channels)
            layer.Fail($"weights {kernel.Type} do not suit {x.Type}");
        var flat = layer.Builder.Reshaped(kernel, [.. kernel.Shape.Take(spatial), 1, kernel.Shape[spatial] * kernel.Shape[spatial + 1]]);
        return layer.Add(new Conv(window, channels, layout), x, Arranged(layer, flat, layout));
    }

    private static long[] Extents(LayerContext layer, Value kernel, int spatial)
    {
        if (kernel.Type.Rank != spatial + 2)
            layer.Fail($"the weights {kernel.Type} should have rank {spatial + 2}");
        return [.. kernel.Shape.Take(spatial).Select(d => d.Value)];
    }
}
