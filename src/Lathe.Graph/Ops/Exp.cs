using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>e to the power x.</summary>
public sealed record Exp : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Call(Intrinsic.Exp, x);
}
