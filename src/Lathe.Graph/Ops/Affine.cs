using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>alpha * x + beta.</summary>
public sealed record Affine(double Alpha, double Beta) : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => (x * Build.Const(Alpha, x.Element)) + Build.Const(Beta, x.Element);
}
