using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>The inverse sine, in radians.</summary>
public sealed record Asin : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Call(Intrinsic.Asin, x);
}
