using Lathe.Graphs.Ops;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>(y + b) * s = y * s + b * s for constants b and s, where y is a contraction that can take s.</summary>
public sealed class FoldScaleThroughBias : Rule<Mul>
{
    protected override Value? Apply(Node node, Mul op, RewriteContext context)
    {
        if (Patterns.WithConstant(node) is not (var sum, var scale) || sum.Op is not Add || !context.IsUsedOnce(sum)
            || Patterns.WithConstant(sum.Node) is not (var y, var bias) || !Patterns.IsContraction(y) || y.Shape != node.Output.Shape)
            return null;
        var b = context.Builder;
        return b.Add(new Add(), b.Add(new Mul(), y, scale), b.Add(new Mul(), bias, scale));
    }
}
