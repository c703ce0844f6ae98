using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>(y + a) + b = y + (a + b) for constants a and b.</summary>
public sealed class MergeBiases : Rule<Add>
{
    protected override Value? Apply(Node node, Add op, RewriteContext context)
    {
        if (Patterns.WithConstant(node) is not (var sum, var second) || sum.Op is not Add || !context.IsUsedOnce(sum)
            || Patterns.WithConstant(sum.Node) is not (var y, var first) || node.Output.Element == DType.Bool)
            return null;
        var constant = context.Builder.Add(new Add(), first, second);
        return context.Builder.Add(new Add(), y, constant) is var merged && merged.Type == node.Output.Type ? merged : null;
    }
}
