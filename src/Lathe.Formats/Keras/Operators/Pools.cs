using Lathe.Formats.Importing;
using Lathe.Formats.Keras.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Keras.Operators;

/// <summary>Pooling; padding never counts.</summary>
internal static class Pools
{
    public static Func<LayerContext, Value> Max(int spatial) => layer => Pooled(layer, spatial, (window, layout) => new MaxPool(window, layout));

    public static Func<LayerContext, Value> Average(int spatial) => layer =>
        Pooled(layer, spatial, (window, layout) => new AveragePool(window, CountIncludePad: false, layout));

    public static Func<LayerContext, Value> GlobalMax(int spatial) => layer =>
        layer.Add(new ReduceMax(Spatial(layer, spatial), layer.Settings.Flag("keepdims", false)), Images.Image(layer, spatial));

    /// <summary>The mean over space; of steps of time, of those that count.</summary>
    public static Func<LayerContext, Value> GlobalAverage(int spatial) => layer =>
    {
        var x = Images.Image(layer, spatial);
        bool keeps = layer.Settings.Flag("keepdims", false);
        var axes = Spatial(layer, spatial);
        if (layer.Mask() is not { } mask || spatial != 1)
            return layer.Add(new ReduceMean(axes, keeps), x);
        var weights = layer.Add(new Cast(x.Element), mask);
        weights = layer.Builder.Unsqueezed(weights, Images.LayoutOf(layer.Settings) == Layout.ChannelsLast ? 2 : 1);
        var sum = layer.Add(new ReduceSum(axes, keeps), layer.Add(new Mul(), x, weights));
        return layer.Add(new Div(), sum, layer.Add(new ReduceSum(axes, keeps), weights));
    };

    private static Value Pooled(LayerContext layer, int spatial, Func<Window, Layout, Op> make)
    {
        var (settings, layout, x) = (layer.Settings, Images.LayoutOf(layer.Settings), Images.Image(layer, spatial));
        long[] size = settings.PerAxis("pool_size", spatial, 2);
        long[] strides = settings.Has("strides") ? settings.PerAxis("strides", spatial) : size;
        return layer.Add(make(Images.WindowOf(settings, x, layout, size, strides, [.. Enumerable.Repeat(1L, spatial)]), layout), x);
    }

    private static EquatableArray<int> Spatial(LayerContext layer, int spatial) =>
        Enumerable.Range(ImageAxes.Of(Images.LayoutOf(layer.Settings), spatial + 2).FirstSpatial, spatial).ToEquatableArray();
}
