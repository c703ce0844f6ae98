using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>1 / (1 + exp(-x)).</summary>
public sealed record Sigmoid : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Call(Intrinsic.Sigmoid, x);
}
