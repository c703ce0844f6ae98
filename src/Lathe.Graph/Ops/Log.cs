using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>The natural logarithm.</summary>
public sealed record Log : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Call(Intrinsic.Log, x);
}
