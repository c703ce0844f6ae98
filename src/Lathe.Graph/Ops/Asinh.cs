using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>The inverse hyperbolic sine.</summary>
public sealed record Asinh : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Call(Intrinsic.Asinh, x);
}
