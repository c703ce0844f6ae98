using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Exporting.Rules;

/// <summary>(sum |x|^p)^(1/p) = (n * mean |x|^p)^(1/p), with n the size of the window.</summary>
internal sealed class LpPoolAsAveragePool : Rule<LpPool>
{
    protected override Value? Apply(Node node, LpPool op, RewriteContext context)
    {
        var (b, x) = (context.Builder, node.Inputs[0]);
        Value Number(double value) => b.Scalar(value, x.Element);
        var powers = op.P switch
        {
            1 => b.Add(new Abs(), x),
            2 => b.Add(new Mul(), x, x),
            _ => b.Add(new Pow(), b.Add(new Abs(), x), Number(op.P)),
        };
        var mean = b.Add(new AveragePool(op.Window, CountIncludePad: true, op.Layout, Reached(node, op)), powers);
        var sum = b.Add(new Mul(), mean, Number(op.Window.Kernel.Aggregate(1L, (n, k) => n * k)));
        return op.P switch
        {
            1 => sum,
            2 => b.Add(new Sqrt(), sum),
            _ => b.Add(new Pow(), sum, Number(1 / op.P)),
        };
    }

    /// <summary>All padding that a window reaches counts.</summary>
    private static EquatableArray<long> Reached(Node node, LpPool op)
    {
        var image = ImageAxes.Of(op.Layout, node.Output.Type.Rank);
        return [.. Enumerable.Range(0, op.Window.Rank).Select(i =>
            Math.Max(op.Window.PadsAfter[i], ((node.Output.Shape[image.FirstSpatial + i].Value - 1) * op.Window.Strides[i]) - op.Window.PadsBefore[i] + ((op.Window.Kernel[i] - 1) * op.Window.Dilations[i]) + 1 - node.Inputs[0].Shape[image.FirstSpatial + i].Value))];
    }
}
