using Lathe.Formats.Onnx.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>Reductions along axes.</summary>
internal static class Reductions
{
    /// <summary>A reduction whose axes are an attribute in older opsets and an operand since; none means all, or with noop_with_empty_axes no axis.</summary>
    public static Func<NodeContext, Value> Of(Func<EquatableArray<int>, bool, Op> make) => node =>
    {
        var x = node.In(0);
        long[] axes = node.IntsFrom("axes", 1) ?? [];
        if (axes.Length == 0 && node.Attributes.Flag("noop_with_empty_axes"))
            return x;
        var reduced = axes.Length == 0 ? Enumerable.Range(0, x.Type.Rank) : axes.Select(a => x.Shape.Axis(a)).Order();
        return node.Add(make(reduced.ToEquatableArray(), node.Attributes.Flag("keepdims", true)), x);
    };

    public static Value ArgMax(NodeContext node) => node.Add(new ArgMax(Axis(node), Keeps(node), Last(node)), node.In(0));

    public static Value ArgMin(NodeContext node) => node.Add(new ArgMin(Axis(node), Keeps(node), Last(node)), node.In(0));

    private static int Axis(NodeContext node) => node.In(0).Shape.Axis(node.Attributes.Int("axis", 0));

    private static bool Keeps(NodeContext node) => node.Attributes.Flag("keepdims", true);

    private static bool Last(NodeContext node) => node.Attributes.Flag("select_last_index");
}
