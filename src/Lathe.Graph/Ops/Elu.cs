using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>x, or alpha * (exp(x) - 1) below 0 (Clevert et al., 2016).</summary>
public sealed record Elu(double Alpha) : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Select(x < Build.Const(0, x.Element), (Build.Call(Intrinsic.Exp, x) - Build.Const(1, x.Element)) * Build.Const(Alpha, x.Element), x);
}
