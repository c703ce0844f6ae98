using Lathe.Formats.Onnx.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>Resize and its predecessor Upsample.</summary>
internal static class Resizing
{
    /// <summary>Upsample, and Resize of opset 10, which is the same for smaller images too.</summary>
    public static Value Upsample(NodeContext node)
    {
        var x = node.In(0);
        double[] scales = node.Opset < 9
            ? node.Attributes.Floats("scales") ?? throw new ModelException("LATHE3112", "its scales are missing")
            : node.Constant(1, "scales").ToDoubleArray();
        // A smaller image was taken from the elements after each place, a larger one from those before.
        bool shrinks = scales.Any(s => s < 1) && scales.All(s => s <= 1);
        return Resized(node, x, Sizes(x, scales, _ => 1), scales, CoordinateMode.Asymmetric, shrinks ? NearestMode.Ceil : NearestMode.Floor, []);
    }

    public static Value Resize(NodeContext node)
    {
        if (node.Opset < 11)
            return Upsample(node);
        var x = node.In(0);
        int rank = x.Type.Rank;
        int[] axes = node.Attributes.Ints("axes")?.Select(a => x.Shape.Axis(a)).ToArray() ?? [.. Enumerable.Range(0, rank)];
        var coordinates = Coordinates(node);
        double[] roi = [.. Enumerable.Repeat(0.0, rank), .. Enumerable.Repeat(1.0, rank)];
        if (coordinates == CoordinateMode.TfCropAndResize)
            Spread(node, node.Constant(1, "region").ToDoubleArray(), axes, roi, rank);
        double[] scales = [.. Enumerable.Repeat(1.0, rank)];
        long[] sizes;
        if (NonEmpty(node, 2, "scales") is { } given)
        {
            Spread(node, given.ToDoubleArray(), axes, scales, rank);
            sizes = Sizes(x, scales, axis => coordinates == CoordinateMode.TfCropAndResize ? roi[rank + axis] - roi[axis] : 1);
        }
        else
        {
            long[] wanted = NonEmpty(node, 3, "sizes")?.ToInt64Array() ?? throw new ModelException("LATHE3112", "its scales and sizes are missing");
            sizes = x.Shape.ToArray();
            if (wanted.Length != axes.Length)
                node.Fail($"{wanted.Length} sizes do not suit {axes.Length} axes");
            var ratios = axes.Select((axis, i) => (double)wanted[i] / x.Shape[axis].Value).ToArray();
            string policy = node.Attributes.Text("keep_aspect_ratio_policy", "stretch");
            for (int i = 0; i < axes.Length; i++)
            {
                scales[axes[i]] = policy switch { "not_larger" => ratios.Min(), "not_smaller" => ratios.Max(), _ => ratios[i] };
                sizes[axes[i]] = policy == "stretch" ? wanted[i] : (long)Math.Floor((scales[axes[i]] * x.Shape[axes[i]].Value) + 0.5);
            }
        }
        return Resized(node, x, sizes, scales, coordinates, Nearest(node), roi);
    }

    private static Value Resized(NodeContext node, Value x, long[] sizes, double[] scales, CoordinateMode coordinates, NearestMode nearest, double[] roi)
    {
        var mode = node.Attributes.Text("mode", "nearest") switch
        {
            "nearest" => ResizeMode.Nearest,
            "linear" or "bilinear" => ResizeMode.Linear,
            "cubic" => ResizeMode.Cubic,
            var other => throw new ModelException("LATHE3113", $"there is no mode '{other}'"),
        };
        return node.Add(
            new Resize(
                sizes,
                scales,
                mode,
                coordinates,
                nearest,
                CubicA: node.Attributes.Float("cubic_coeff_a", -0.75),
                ExcludeOutside: node.Attributes.Flag("exclude_outside"),
                Antialias: node.Attributes.Flag("antialias"),
                Roi: coordinates == CoordinateMode.TfCropAndResize ? roi : [],
                ExtrapolationValue: node.Attributes.Float("extrapolation_value", 0)),
            x);
    }

    private static CoordinateMode Coordinates(NodeContext node) => node.Attributes.Text("coordinate_transformation_mode", "half_pixel") switch
    {
        "half_pixel" => CoordinateMode.HalfPixel,
        "half_pixel_symmetric" => CoordinateMode.HalfPixelSymmetric,
        "pytorch_half_pixel" => CoordinateMode.PytorchHalfPixel,
        "align_corners" => CoordinateMode.AlignCorners,
        "asymmetric" => CoordinateMode.Asymmetric,
        "tf_half_pixel_for_nn" => CoordinateMode.TfHalfPixel,
        "tf_crop_and_resize" => CoordinateMode.TfCropAndResize,
        var other => throw new ModelException("LATHE3114", $"there is no coordinate transformation '{other}'"),
    };

    private static NearestMode Nearest(NodeContext node) => node.Attributes.Text("nearest_mode", "round_prefer_floor") switch
    {
        "round_prefer_floor" => NearestMode.RoundPreferFloor,
        "round_prefer_ceil" => NearestMode.RoundPreferCeil,
        "floor" => NearestMode.Floor,
        "ceil" => NearestMode.Ceil,
        var other => throw new ModelException("LATHE3115", $"there is no nearest_mode '{other}'"),
    };

    private static Tensor? NonEmpty(NodeContext node, int input, string what) =>
        node.Has(input) && node.In(input).Shape is { IsKnown: true, ElementCount: > 0 } ? node.Constant(input, what) : null;

    private static long[] Sizes(Value x, double[] scales, Func<int, double> part)
    {
        if (scales.Length != x.Type.Rank || scales.Any(s => !(s > 0)))
            throw new ModelException("LATHE3116", $"the scales [{string.Join(", ", scales)}] do not suit {x.Type}");
        return [.. scales.Select((scale, axis) => checked((long)Math.Floor(x.Shape[axis].Value * part(axis) * scale)))];
    }

    /// <summary>Puts numbers given for some axes (once or twice, starts and ends) in the place of those axes.</summary>
    private static void Spread(NodeContext node, double[] given, int[] axes, double[] all, int rank)
    {
        if (given.Length * rank != all.Length * axes.Length)
            node.Fail($"{given.Length} numbers do not suit {axes.Length} axes");
        for (int i = 0; i < given.Length; i++)
            all[(i / axes.Length * rank) + axes[i % axes.Length]] = given[i];
    }
}
