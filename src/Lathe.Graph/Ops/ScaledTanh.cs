using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>alpha * tanh(beta * x).</summary>
public sealed record ScaledTanh(double Alpha, double Beta) : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Call(Intrinsic.Tanh, x * Build.Const(Beta, x.Element)) * Build.Const(Alpha, x.Element);
}
