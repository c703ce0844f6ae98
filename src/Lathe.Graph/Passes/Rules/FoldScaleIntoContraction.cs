using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>conv(x, w) * s = conv(x, w * s) for constants w and s, where s varies along output channels only. Likewise matrix products.</summary>
public sealed class FoldScaleIntoContraction : Rule<Mul>
{
    protected override Value? Apply(Node node, Mul op, RewriteContext context)
    {
        if (Patterns.WithConstant(node) is not (var y, var scale) || !context.IsUsedOnce(y) || y.Shape != node.Output.Shape || y.Node.Inputs is not [var x, { Constant: not null } w])
            return null;
        int rank = y.Type.Rank;
        var (channelAxis, weightAxis) = y.Op switch
        {
            Conv { Sum: null } conv => (ImageAxes.Of(conv.Layout, rank).Channel, conv.WeightAxes(rank).Out),
            MatMul { Sum: null, TransposeB: var transposed } => (rank - 1, w.Type.Rank - (transposed ? 2 : 1)),
            _ => (-1, -1),
        };
        if (channelAxis < 0 || !Patterns.VariesOnlyAlong(scale, channelAxis, rank))
            return null;
        var shape = Enumerable.Repeat(1L, w.Type.Rank).ToArray();
        shape[weightAxis] = scale.Shape.ElementCount;
        var factor = context.Builder.Add(new Reshape(Shape.Of(shape)), scale);
        return context.Builder.Add(y.Op, x, context.Builder.Add(new Mul(), w, factor));
    }
}
