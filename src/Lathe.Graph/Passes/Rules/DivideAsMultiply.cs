using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>y / c = y * (1/c) for a constant float c where y is a contraction, or a sum with one, that can take the factor.</summary>
public sealed class DivideAsMultiply : Rule<Div>
{
    protected override Value? Apply(Node node, Div op, RewriteContext context)
    {
        var (y, divisor) = (node.Inputs[0], node.Inputs[1]);
        bool folds = Patterns.IsContraction(y) || (y.Op is Add && Patterns.WithConstant(y.Node) is (var inner, _) && Patterns.IsContraction(inner));
        return divisor.Constant is null || !folds || !node.Output.Element.IsFloat
            ? null
            : context.Builder.Add(new Mul(), y, context.Builder.Add(new Reciprocal(), divisor));
    }
}
