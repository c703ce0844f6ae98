using Lathe.Formats.Importing;
using Lathe.Formats.TensorFlow.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>Convolutions. Weights are stored [spatial..., inputs a group, outputs], whatever the layout of images.</summary>
internal static class Convolutions
{
    public static Func<NodeContext, Value> Conv(int rank) => node =>
    {
        var (x, w) = (node.In(0), node.In(1));
        RequireRank(node, x, rank);
        RequireRank(node, w, rank);
        var format = ImageFormat.Of(node, rank);
        var window = Windows.Of(node, x, format, [.. w.Shape.Take(rank - 2).Select(d => d.Value)], format.Spatial(node, "dilations"));
        var (channels, perGroup) = (x.Shape[format.Channel].Value, w.Shape[^2].Value);
        if (perGroup == 0 || channels % perGroup != 0)
            node.Fail($"{channels} channels do not divide into groups of {perGroup}");
        return node.Add(new Conv(window, channels / perGroup, format.Layout), x, Arranged(node, w, format, false));
    };

    /// <summary>Weights are [H, W, C, multiplier]; the results of one channel are neighbours.</summary>
    public static Value Depthwise(NodeContext node)
    {
        var (x, w) = (node.In(0), node.In(1));
        RequireRank(node, x, 4);
        RequireRank(node, w, 4);
        var format = ImageFormat.Of(node, 4);
        var window = Windows.Of(node, x, format, [w.Shape[0].Value, w.Shape[1].Value], format.Spatial(node, "dilations"));
        if (w.Shape[2] != x.Shape[format.Channel])
            node.Fail($"weights {w.Type} do not suit {x.Type}");
        var weights = node.Reshaped(w, [w.Shape[0], w.Shape[1], 1, w.Shape[2] * w.Shape[3]]);
        return node.Add(new Conv(window, w.Shape[2].Value, format.Layout), x, Arranged(node, weights, format, false));
    }

    /// <summary>The gradient of a convolution by its data, which is what TensorFlow makes transposed convolutions of. Operands: the result's shape, weights, data.</summary>
    public static Func<NodeContext, Value> Transposed(int rank) => node =>
    {
        var (w, x) = (node.In(1), node.In(2));
        RequireRank(node, x, rank);
        RequireRank(node, w, rank);
        var format = ImageFormat.Of(node, rank);
        long[] sizes = node.Ints(0, "output shape");
        if (sizes.Length != rank && sizes.Length != rank - 2)
            node.Fail($"the output's shape {Misfit.List(sizes)} does not suit {x.Type}");
        long[] output = sizes.Length == rank ? format.Extents(sizes) : sizes;
        long[]? padsBefore = node.Attributes.Text("padding") switch
        {
            "VALID" => new long[rank - 2],
            "EXPLICIT" => Windows.Explicit(node, format).Before,
            _ => null,
        };
        var (window, outputPadding) = ImageWindows.Transposed(
            x, format.FirstSpatial, output, [.. w.Shape.Take(rank - 2).Select(d => d.Value)], format.Spatial(node, "strides"), format.Spatial(node, "dilations"), padsBefore);
        var (outputs, channels) = (w.Shape[^1].Value, x.Shape[format.Channel].Value);
        if (outputs != channels)
            node.Fail($"weights {w.Type} do not suit {x.Type}");
        return node.Add(new ConvTranspose(window, outputPadding, 1, format.Layout), x, Arranged(node, w, format, true));
    };

    /// <summary>The greatest of window elements plus weights [H, W, C], by its places: no element of padding counts.</summary>
    public static Value Dilation2D(NodeContext node)
    {
        var (x, w) = (node.In(0), node.In(1));
        RequireRank(node, x, 4);
        RequireRank(node, w, 3);
        var format = new ImageFormat(Layout.ChannelsLast, 4);
        var window = ImageWindows.Of(x, 1, node.Attributes.Text("padding") == "SAME", [w.Shape[0].Value, w.Shape[1].Value], format.Spatial(node, "strides"), format.Spatial(node, "rates"));
        if (w.Shape[0].Value * w.Shape[1].Value > 1024)
            throw node.Unsupported($"a window of {w.Type} is not supported");
        var padded = node.Add(new Pad([0, .. window.PadsBefore, 0], [0, .. window.PadsAfter, 0], PadMode.Constant, x.Element.IsFloat ? double.NegativeInfinity : long.MinValue), x);
        var (rows, columns) = (window.OutputExtent(0, x.Shape[1]).Value, window.OutputExtent(1, x.Shape[2]).Value);
        Value? greatest = null;
        for (int i = 0; i < w.Shape[0].Value; i++)
        {
            for (int j = 0; j < w.Shape[1].Value; j++)
            {
                var places = node.Add(new Slice([0, i * window.Dilations[0], j * window.Dilations[1], 0], [x.Shape[0].Value, rows, columns, x.Shape[3].Value], [1, window.Strides[0], window.Strides[1], 1]), padded);
                var weight = node.Reshaped(node.Builder.Along(node.Builder.Along(w, 0, i, 1), 1, j, 1), [w.Shape[2]]);
                var sum = node.Add(new Add(), places, weight);
                greatest = greatest is null ? sum : node.Add(new Max(), greatest, sum);
            }
        }
        return greatest ?? throw Misfit.Of($"the window {w.Type} is empty");
    }

    public static Value BiasAdd(NodeContext node) => WithBias(node, node.In(0), node.In(1));

    /// <summary>A value for each channel added.</summary>
    public static Value WithBias(NodeContext node, Value x, Value bias)
    {
        if (x.Type.Rank < 2)
            return node.Add(new Add(), x, bias);
        bool first = node.Attributes.Text("data_format", "NHWC").StartsWith("NC", StringComparison.Ordinal);
        if (bias.Type.Rank != 1 || bias.Shape[0] != x.Shape[first ? 1 : x.Type.Rank - 1])
            node.Fail($"the bias {bias.Type} should have an element for each channel of {x.Type}");
        return node.Add(new Add(), x, first ? node.Reshaped(bias, [bias.Shape[0], .. Enumerable.Repeat((Dim)1, x.Type.Rank - 2)]) : bias);
    }

    /// <summary>Windows of an image as vectors of all their elements: row, column, channel.</summary>
    public static Value ExtractImagePatches(NodeContext node)
    {
        var x = node.In(0);
        RequireRank(node, x, 4);
        var format = new ImageFormat(Layout.ChannelsLast, 4);
        long[] kernel = format.Spatial(node, "ksizes");
        var window = ImageWindows.Of(x, 1, node.Attributes.Text("padding") == "SAME", kernel, format.Spatial(node, "strides"), format.Spatial(node, "rates"));
        if (kernel[0] * kernel[1] > 1024)
            throw node.Unsupported($"windows {Misfit.List(kernel)} are not supported");
        var padded = node.Add(new Pad([0, .. window.PadsBefore, 0], [0, .. window.PadsAfter, 0]), x);
        var (rows, columns) = (window.OutputExtent(0, x.Shape[1]).Value, window.OutputExtent(1, x.Shape[2]).Value);
        var places = new List<Value>();
        for (long i = 0; i < kernel[0]; i++)
            for (long j = 0; j < kernel[1]; j++)
                places.Add(node.Add(new Slice([0, i * window.Dilations[0], j * window.Dilations[1], 0], [x.Shape[0].Value, rows, columns, x.Shape[3].Value], [1, window.Strides[0], window.Strides[1], 1]), padded));
        return places.Count == 1 ? places[0] : node.Add(new Concat(3), [.. places]);
    }

    public static void RequireRank(NodeContext node, Value x, int rank)
    {
        if (x.Type.Rank != rank)
            node.Fail($"{x.Type} should have rank {rank}");
    }

    /// <summary>Weights as Lathe lays them out; of a transposed convolution inputs and outputs are the other way round.</summary>
    private static Value Arranged(NodeContext node, Value w, ImageFormat format, bool transposed)
    {
        int[] spatial = [.. Enumerable.Range(0, format.Rank - 2)];
        var (inputs, outputs) = (format.Rank - 2, format.Rank - 1);
        return (format.Layout, transposed) switch
        {
            (Layout.ChannelsLast, false) => w,
            (Layout.ChannelsLast, true) => node.Permuted(w, [.. spatial, outputs, inputs]),
            _ => node.Permuted(w, [outputs, inputs, .. spatial]),
        };
    }
}
