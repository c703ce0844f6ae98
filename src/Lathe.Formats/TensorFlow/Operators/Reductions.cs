using Lathe.Formats.TensorFlow.Importing;
using Lathe.Formats.TensorFlow.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>Reductions along axes that an operand lists; none of them: none.</summary>
internal static class Reductions
{
    public static Func<NodeContext, Value> Of(Func<EquatableArray<int>, bool, Op> make) => node =>
    {
        var x = node.In(0);
        EquatableArray<int> axes = [.. node.Ints(1, "axes").Select(a => x.Shape.Axis(a)).Distinct().Order()];
        return axes.Count == 0 ? x : node.Add(make(axes, node.Attributes.Flag("keep_dims")), x);
    };

    /// <summary>The mean of integers is rounded towards zero.</summary>
    public static Value Mean(NodeContext node)
    {
        var x = node.In(0);
        if (x.Element.IsFloat)
            return Of((axes, keep) => new ReduceMean(axes, keep))(node);
        var sum = Of((axes, keep) => new ReduceSum(axes, keep))(node);
        return node.Add(new Div(), sum, node.ScalarLike(x.Shape.ElementCount / Math.Max(1, sum.Shape.ElementCount), sum));
    }

    public static Value ArgMax(NodeContext node) => Index(node, axis => new ArgMax(axis, KeepDims: false));

    public static Value ArgMin(NodeContext node) => Index(node, axis => new ArgMin(axis, KeepDims: false));

    public static Value L2Loss(NodeContext node)
    {
        var x = node.In(0);
        return node.Add(new Mul(), node.Add(new ReduceSumSquare([.. Enumerable.Range(0, x.Type.Rank)], KeepDims: false), x), node.ScalarLike(0.5, x));
    }

    private static Value Index(NodeContext node, Func<int, Op> make)
    {
        var x = node.In(0);
        int axis = node.Has(1) ? node.Axis(1, x) : 0;
        return node.Add(new Cast(node.Attributes.Element("output_type", DataType.Int64)), node.Add(make(axis), x.Element == DType.Bool ? node.Add(new Cast(DType.UInt8), x) : x));
    }
}
