using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>Gamma times x, or gamma * alpha * (exp(x) - 1) up to 0 (Klambauer et al., 2017).</summary>
public sealed record Selu(double Alpha, double Gamma) : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Select(x > Build.Const(0, x.Element), x, (Build.Call(Intrinsic.Exp, x) - Build.Const(1, x.Element)) * Build.Const(Alpha, x.Element)) * Build.Const(Gamma, x.Element);
}
