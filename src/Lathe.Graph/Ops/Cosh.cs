using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>The hyperbolic cosine.</summary>
public sealed record Cosh : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Call(Intrinsic.Cosh, x);
}
