using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>The inverse cosine, in radians.</summary>
public sealed record Acos : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Call(Intrinsic.Acos, x);
}
