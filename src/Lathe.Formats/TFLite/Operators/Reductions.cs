using Lathe.Formats.TFLite.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>Reductions along axes that an operand lists; none of them: all.</summary>
internal static class Reductions
{
    /// <summary>A reduction of reals.</summary>
    public static Func<NodeContext, Value> Of(Func<EquatableArray<int>, bool, Op> make) => node =>
        Results.Of(node, node.Add(make(Axes(node), node.Options.Flag(0)), node.Real(0)));

    /// <summary>A reduction whose result is one of the elements, so that integers that stand for reals stay as they are.</summary>
    public static Func<NodeContext, Value> Choosing(Func<EquatableArray<int>, bool, Op> make) => node =>
        node.Add(make(Axes(node), node.Options.Flag(0)), node.In(0));

    public static Value Mean(NodeContext node) => node.IsQuantized() ? IntegerReductions.Mean(node) : Of((axes, keep) => new ReduceMean(axes, keep))(node);

    public static Value Sum(NodeContext node) => node.IsQuantized() ? IntegerReductions.Sum(node) : Of((axes, keep) => new ReduceSum(axes, keep))(node);

    public static Value ArgMax(NodeContext node) => Index(node, axis => new ArgMax(axis, KeepDims: false));

    public static Value ArgMin(NodeContext node) => Index(node, axis => new ArgMin(axis, KeepDims: false));

    public static EquatableArray<int> Axes(NodeContext node)
    {
        var x = node.In(0);
        var axes = node.Ints(1, "axes").Select(a => x.Shape.Axis(a)).Distinct().Order().ToArray();
        return axes.Length == 0 && node.In(1).Shape.ElementCount == 0 ? [] : axes;
    }

    private static Value Index(NodeContext node, Func<int, Op> make)
    {
        var x = node.In(0);
        return node.Add(new Cast(node.OutputElement()), node.Add(make(node.Axis(1, x)), x));
    }
}
