using Lathe.Formats.TensorFlow.Importing;
using Lathe.Formats.TensorFlow.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>Pooling; padding never counts.</summary>
internal static class Pools
{
    public static Func<NodeContext, Value> Average(int rank) => node =>
    {
        var (x, window, format) = Window(node, rank);
        return node.Add(new AveragePool(window, CountIncludePad: false, format.Layout), x);
    };

    public static Func<NodeContext, Value> Max(int rank) => node =>
    {
        var (x, window, format) = Window(node, rank);
        return node.Add(new MaxPool(window, format.Layout), x);
    };

    /// <summary>Kernel and strides are operands.</summary>
    public static Value MaxV2(NodeContext node)
    {
        var x = node.In(0);
        Convolutions.RequireRank(node, x, 4);
        var format = ImageFormat.Of(node, 4);
        var (kernel, strides) = (format.Spatial(node, node.Ints(1, "kernel"), "kernel"), format.Spatial(node, node.Ints(2, "strides"), "strides"));
        var window = Formats.Importing.ImageWindows.Of(x, format.FirstSpatial, node.Attributes.Text("padding") == "SAME", kernel, strides, [1, 1]);
        return node.Add(new MaxPool(window, format.Layout), x);
    }

    /// <summary>Also the places of the elements in their image (with include_batch_in_index in all images), channels last.</summary>
    public static IReadOnlyList<Value> MaxWithArgmax(NodeContext node)
    {
        var (x, window, _) = Window(node, 4);
        var first = node.Permuted(x, 0, 3, 1, 2);
        var (batch, rows, columns, channels) = (x.Shape[0].Value, x.Shape[1].Value, x.Shape[2].Value, x.Shape[3].Value);
        Value Long(long value) => node.Builder.Scalar(value, DType.Int64);
        // Places count channels first; their pixel is what is left by the image's area.
        var pixel = node.Add(new Mod(Fmod: false), node.Permuted(node.Add(new MaxPoolIndices(window), first), 0, 2, 3, 1), Long(rows * columns));
        var place = node.Add(new Add(), node.Add(new Mul(), pixel, Long(channels)), node.Builder.Constant(Counted(channels)));
        if (node.Attributes.Flag("include_batch_in_index"))
            place = node.Add(new Add(), place, node.Reshaped(node.Add(new Mul(), node.Builder.Constant(Counted(batch)), Long(rows * columns * channels)), [batch, 1, 1, 1]));
        return [node.Add(new MaxPool(window, Layout.ChannelsLast), x), node.Add(new Cast(node.Attributes.Element("Targmax", DataType.Int64)), place)];
    }

    private static Tensor Counted(long count)
    {
        var result = Tensor.Zeros(DType.Int64, [count]);
        for (long i = 0; i < count; i++)
            result.SetInt64(i, i);
        return result;
    }

    private static (Value X, Window Window, ImageFormat Format) Window(NodeContext node, int rank)
    {
        var x = node.In(0);
        Convolutions.RequireRank(node, x, rank);
        var format = ImageFormat.Of(node, rank);
        return (x, Windows.Of(node, x, format, format.Spatial(node, "ksize"), [.. Enumerable.Repeat(1L, rank - 2)]), format);
    }
}
