using Lathe.Formats.Importing;
using Lathe.Formats.Keras.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Keras.Operators;

/// <summary>Layers that arrange elements otherwise, repeat them or leave them out. Axes of settings do not count the batch.</summary>
internal static class Movement
{
    public static Value Reshape(LayerContext layer)
    {
        var x = layer.Raw();
        long[] target = layer.Settings.TryInts("target_shape") ?? layer.Settings.TryInts("dims") ?? throw layer.Settings.Wrong("target_shape", "a shape");
        int open = Array.IndexOf(target, -1);
        if (target.Where((e, i) => i != open).Any(e => e is < 0 or > int.MaxValue))
            throw layer.Settings.Wrong("target_shape", "a shape with at most one -1");
        if (open >= 0)
        {
            long rest = target.Where((_, i) => i != open).Aggregate(1L, (a, e) => checked(a * e)), count = Elements(x);
            if (rest == 0 || count % rest != 0)
                layer.Fail($"{x.Type} cannot become {Misfit.List(target)}");
            target[open] = count / rest;
        }
        return layer.Builder.Reshaped(x, [x.Shape[0], .. target.Select(e => (Dim)e)]);
    }

    /// <summary>All axes but the batch as one; of channels-first images, as if the channels were last.</summary>
    public static Value Flatten(LayerContext layer)
    {
        var x = layer.Raw();
        if (x.Type.Rank == 0)
            layer.Fail("a scalar has no batch");
        bool isFirst = layer.Settings.Has("data_format") && Images.LayoutOf(layer.Settings) == Layout.ChannelsFirst && x.Type.Rank > 2;
        if (isFirst && !layer.File.IsFirst)
            x = layer.Builder.Permuted(x, [0, .. Enumerable.Range(2, x.Type.Rank - 2), 1]);
        return layer.Builder.Reshaped(x, [x.Shape[0], Elements(x)]);
    }

    public static Value Permute(LayerContext layer)
    {
        long[] dims = layer.Settings.TryInts("dims") ?? throw layer.Settings.Wrong("dims", "axes from 1 on");
        var x = layer.Raw();
        if (dims.Length != x.Type.Rank - 1 || dims.Any(d => d < 1 || d >= x.Type.Rank))
            throw layer.Settings.Wrong("dims", $"the axes 1 to {x.Type.Rank - 1} of {x.Type}");
        return layer.Builder.Permuted(x, [0, .. dims.Select(d => (int)d)]);
    }

    /// <summary>[batch, features] becomes [batch, n, features].</summary>
    public static Value RepeatVector(LayerContext layer)
    {
        var x = layer.Raw();
        long count = layer.Settings.Int("n");
        if (x.Type.Rank != 2 || count is < 1 or > int.MaxValue)
            layer.Fail($"{x.Type} cannot be repeated {count} times");
        return layer.Add(new Expand([x.Shape[0], count, x.Shape[1]]), layer.Builder.Unsqueezed(x, 1));
    }

    public static Func<LayerContext, Value> Cropping(int spatial) => layer => Bordered(layer, spatial, "cropping", -1);

    public static Func<LayerContext, Value> ZeroPadding(int spatial) => layer => Bordered(layer, spatial, "padding", 1);

    /// <summary>Each element repeated, or interpolated between neighbours.</summary>
    public static Func<LayerContext, Value> UpSampling(int spatial) => layer =>
    {
        var (layout, x) = (Images.LayoutOf(layer.Settings), layer.In());
        if (x.Type.Rank != spatial + 2)
            layer.Fail($"an image of rank {spatial + 2} was expected, and it is {x.Type}");
        long[] size = layer.Settings.PerAxis("size", spatial, 2);
        if (size.Any(s => s is < 1 or > 1 << 16))
            throw layer.Settings.Wrong("size", "positive integers");
        string mode = layer.Settings.Text("interpolation", "nearest");
        int first = ImageAxes.Of(layout, x.Type.Rank).FirstSpatial;
        var (extents, scales) = (x.Shape.ToArray(), new double[x.Type.Rank]);
        Array.Fill(scales, 1);
        for (int i = 0; i < spatial; i++)
        {
            extents[first + i] = checked(extents[first + i] * size[i]);
            scales[first + i] = size[i];
        }
        return mode switch
        {
            "nearest" => layer.Add(new Resize(extents, scales, ResizeMode.Nearest, CoordinateMode.Asymmetric, NearestMode.Floor), x),
            "bilinear" when spatial == 2 => layer.Add(new Resize(extents, scales, ResizeMode.Linear, CoordinateMode.HalfPixel), x),
            "bicubic" when spatial == 2 => layer.Add(new Resize(extents, scales, ResizeMode.Cubic, CoordinateMode.HalfPixel, CubicA: -0.5, ExcludeOutside: true), x),
            _ => throw layer.Unsupported($"the interpolation '{mode}' is not supported"),
        };
    };

    /// <summary>The number of elements for each of the batch.</summary>
    public static long Elements(Value x) => x.Shape.Skip(1).Aggregate((Dim)1, (a, d) => a * d).Value;

    /// <summary>Elements put around space, or (sign -1) taken away: one number for all, one an axis, or a pair an axis.</summary>
    private static Value Bordered(LayerContext layer, int spatial, string setting, int sign)
    {
        var (layout, x) = (Images.LayoutOf(layer.Settings), layer.In());
        if (x.Type.Rank != spatial + 2)
            layer.Fail($"an image of rank {spatial + 2} was expected, and it is {x.Type}");
        double[] given = layer.Settings.TryFloats(setting) ?? [1];
        bool pairs = given.Length == 2 * spatial;
        if (!(pairs || given.Length == spatial || given.Length == 1) || given.Any(g => g < 0 || g > int.MaxValue || g != Math.Floor(g)))
            throw layer.Settings.Wrong(setting, $"one number, {spatial}, or {spatial} pairs");
        var (before, after) = (new long[x.Type.Rank], new long[x.Type.Rank]);
        int first = ImageAxes.Of(layout, x.Type.Rank).FirstSpatial;
        for (int i = 0; i < spatial; i++)
        {
            before[first + i] = sign * (long)(pairs ? given[2 * i] : given.Length == 1 ? given[0] : given[i]);
            after[first + i] = sign * (long)(pairs ? given[(2 * i) + 1] : given.Length == 1 ? given[0] : given[i]);
        }
        return layer.Add(new Pad(before, after), x);
    }
}
