using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>The inverse hyperbolic tangent.</summary>
public sealed record Atanh : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Call(Intrinsic.Atanh, x);
}
