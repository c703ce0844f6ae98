using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>The hyperbolic sine.</summary>
public sealed record Sinh : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Call(Intrinsic.Sinh, x);
}
