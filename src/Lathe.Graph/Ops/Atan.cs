using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>The inverse tangent, in radians.</summary>
public sealed record Atan : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Call(Intrinsic.Atan, x);
}
