using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>The square root; NaN below 0.</summary>
public sealed record Sqrt : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Unary(UnaryOp.Sqrt, x);
}
