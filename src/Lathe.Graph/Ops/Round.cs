using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>The nearest integer, ties to the even one.</summary>
public sealed record Round : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Unary(UnaryOp.RoundEven, x);
}
