using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>The tangent of an angle in radians.</summary>
public sealed record Tan : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Call(Intrinsic.Tan, x);
}
