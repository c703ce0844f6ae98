using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>The inverse hyperbolic cosine.</summary>
public sealed record Acosh : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Call(Intrinsic.Acosh, x);
}
