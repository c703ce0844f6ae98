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
        return [node.Add(new MaxPool(Windows.Of(node, x), Layout.ChannelsFirst), x)];
    }

    /// <summary>Padding that only ceil_mode adds is not counted in any mean.</summary>
    public static Value AveragePool(NodeContext node)
    {
        var x = node.In(0);
        var window = Windows.Of(node, x);
        bool counts = node.Attributes.Flag("count_include_pad");
        EquatableArray<long> counted = counts && node.Attributes.Flag("ceil_mode") && node.Attributes.Text("auto_pad", "NOTSET") == "NOTSET"
            ? Windows.PerAxis(node, "pads", 2 * window.Rank, 0)[window.Rank..]
            : [];
        return node.Add(new AveragePool(window, counts, Layout.ChannelsFirst, counted), x);
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
