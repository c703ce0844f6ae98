using Lathe.Formats.TFLite.Importing;
using Lathe.Formats.TFLite.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>Sums and means of integers that stand for reals.</summary>
internal static class IntegerReductions
{
    public static Value Mean(NodeContext node) => Reduced(node, isMean: true);

    public static Value Sum(NodeContext node) => Reduced(node, isMean: false);

    private static Value Reduced(NodeContext node, bool isMean)
    {
        var (x, axes, keep) = (node.In(0), Reductions.Axes(node), node.Options.Flag(0));
        var (from, to) = (node.Quantization(0), node.OutputQuantization());
        var sum = node.Add(new ReduceSum(axes, keep), IntegerArithmetic.Centred(node, x, from));
        long count = axes.Aggregate(1L, (a, axis) => checked(a * x.Shape[axis].Value));
        double factor = (double)from.Scale / to.Scale / (isMean ? Math.Max(1, count) : 1);
        return IntegerArithmetic.Stored(node, FixedPoint.Scaled(node, sum, FixedPointRounding.TwiceAway, factor), ActivationKind.None);
    }
}
