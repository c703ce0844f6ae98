using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>The hyperbolic tangent.</summary>
public sealed record Tanh : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Call(Intrinsic.Tanh, x);
}
