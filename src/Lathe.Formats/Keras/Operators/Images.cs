using Lathe.Formats.Importing;
using Lathe.Formats.Keras.Importing;
using Lathe.Formats.Keras.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Keras.Operators;

/// <summary>What layers on images share: where the channels are, and windows as settings describe them.</summary>
internal static class Images
{
    public static Layout LayoutOf(Settings settings) => settings.Text("data_format", "channels_last") switch
    {
        "channels_last" or "tf" or "default" => Layout.ChannelsLast,
        "channels_first" or "th" => Layout.ChannelsFirst,
        _ => throw settings.Wrong("data_format", "channels_last or channels_first"),
    };

    /// <summary>The image, which must have so many spatial axes.</summary>
    public static Value Image(LayerContext layer, int spatial)
    {
        var x = layer.Real();
        if (x.Type.Rank != spatial + 2)
            layer.Fail($"an image of rank {spatial + 2} was expected, and it is {x.Type}");
        return x;
    }

    /// <summary>The extents of a kernel: a setting, or as Keras 1 named each of them.</summary>
    public static long[] Kernel(Settings settings, int spatial)
    {
        string[] old = spatial == 2 ? ["nb_row", "nb_col"] : [.. Enumerable.Range(1, spatial).Select(i => $"kernel_dim{i}")];
        return !settings.Has("kernel_size") && old.All(settings.Has) ? [.. old.Select(name => settings.Int(name))] : settings.PerAxis("kernel_size", spatial);
    }

    /// <summary>A window whose padding is as the settings say: valid, same or (along time) causal.</summary>
    public static Window WindowOf(Settings settings, Value x, Layout layout, long[] kernel, long[] strides, long[] dilations)
    {
        string padding = settings.Text("padding", "valid").ToLowerInvariant();
        if (padding is not ("valid" or "same" or "causal") || (padding == "causal" && kernel.Length != 1))
            throw settings.Wrong("padding", "valid, same or causal");
        var window = ImageWindows.Of(x, ImageAxes.Of(layout, x.Type.Rank).FirstSpatial, padding == "same", kernel, strides, dilations);
        return padding == "causal" ? window with { PadsBefore = new long[] { checked((kernel[0] - 1) * dilations[0]) } } : window;
    }

    /// <summary>A vector of one element a channel, shaped to broadcast against images of the layout.</summary>
    public static Value PerChannel(LayerContext layer, Value vector, Layout layout, int rank) =>
        layout == Layout.ChannelsLast ? vector : layer.Builder.Reshaped(vector, [vector.Shape[0], .. Enumerable.Repeat((Dim)1, rank - 2)]);
}
