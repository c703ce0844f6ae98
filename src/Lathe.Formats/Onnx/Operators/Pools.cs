using Lathe.Formats.Onnx.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>Pooling over images with channels first.</summary>
internal static class Pools
{
    public static IReadOnlyList<Value?> MaxPool(NodeContext node)
    {
        var x = node.In(0);
        var window = Windows.Of(node, x);
        var pooled = node.Add(new MaxPool(window, Layout.ChannelsFirst), x);
        return node.Needs(1) ? [pooled, node.Add(new MaxPoolIndices(window, node.Attributes.Flag("storage_order")), x)] : [pooled];
    }

    /// <summary>The indices count in the tensor that the window alone leads to, whatever larger shape is given.</summary>
    public static Value MaxUnpool(NodeContext node)
    {
        var x = node.In(0);
        var window = Windows.Of(node, x);
        Shape indexed = [.. x.Shape.Take(2), .. x.Shape.Skip(2).Select((extent, i) =>
            ((extent - 1) * window.Strides[i]) + (window.Kernel[i] - window.PadsBefore[i] - window.PadsAfter[i]))];
        var shape = node.OptionalInts(2, "output shape") is { } given ? TargetShape.Given(given) : indexed;
        return node.Add(new MaxUnpool(indexed, shape), x, node.In(1));
    }

    /// <summary>With count_include_pad, what ceil_mode lets a window reach beyond the padding counts as padding too, as in the standard's tests.</summary>
    public static Value AveragePool(NodeContext node)
    {
        var x = node.In(0);
        return node.Add(new AveragePool(Windows.Of(node, x), node.Attributes.Flag("count_include_pad"), Layout.ChannelsFirst), x);
    }

    public static Value LpPool(NodeContext node)
    {
        var x = node.In(0);
        return node.Add(new LpPool(Windows.Of(node, x), node.Attributes.Int("p", 2), Layout.ChannelsFirst), x);
    }

    public static Value GlobalAveragePool(NodeContext node) => node.Add(new ReduceMean(Spatial(node), KeepDims: true), node.In(0));

    public static Value GlobalMaxPool(NodeContext node) => node.Add(new ReduceMax(Spatial(node), KeepDims: true), node.In(0));

    public static Value GlobalLpPool(NodeContext node)
    {
        var x = node.In(0);
        return node.Attributes.Int("p", 2) switch
        {
            1 => node.Add(new ReduceL1(Spatial(node), KeepDims: true), x),
            2 => node.Add(new ReduceL2(Spatial(node), KeepDims: true), x),
            var p => node.Add(new LpPool(Window.Of([.. x.Shape.Skip(2).Select(d => d.Value)]), p, Layout.ChannelsFirst), x),
        };
    }

    private static EquatableArray<int> Spatial(NodeContext node)
    {
        int rank = node.In(0).Type.Rank;
        if (rank < 3)
            node.Fail($"an image has rank 3 at least, and {node.In(0).Type} has not");
        return Enumerable.Range(2, rank - 2).ToEquatableArray();
    }
}
