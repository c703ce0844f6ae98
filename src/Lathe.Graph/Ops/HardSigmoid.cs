using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>alpha * x + beta, kept between 0 and 1.</summary>
public sealed record HardSigmoid(double Alpha, double Beta) : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Max(Build.Const(0, x.Element), Build.Min(Build.Const(1, x.Element), (x * Build.Const(Alpha, x.Element)) + Build.Const(Beta, x.Element)));
}
