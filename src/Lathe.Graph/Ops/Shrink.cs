using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>x + bias below -lambda, x - bias above lambda, else 0.</summary>
public sealed record Shrink(double Bias, double Lambda) : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Select(
        x < Build.Const(-Lambda, x.Element), x + Build.Const(Bias, x.Element), Build.Select(x > Build.Const(Lambda, x.Element), x - Build.Const(Bias, x.Element), Build.Const(0, x.Element)));
}
