using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>The sine of an angle in radians.</summary>
public sealed record Sin : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Call(Intrinsic.Sin, x);
}
