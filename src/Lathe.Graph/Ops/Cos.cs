using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>The cosine of an angle in radians.</summary>
public sealed record Cos : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Call(Intrinsic.Cos, x);
}
