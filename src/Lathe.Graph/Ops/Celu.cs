using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>max(0, x) + min(0, alpha * (exp(x / alpha) - 1)) (Barron, 2017).</summary>
public sealed record Celu(double Alpha) : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Select(
        x > Build.Const(0, x.Element), x, (Build.Call(Intrinsic.Exp, x / Build.Const(Alpha, x.Element)) - Build.Const(1, x.Element)) * Build.Const(Alpha, x.Element));
}
