using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>x * min(1, max(0, x / 6 + 1/2)) (Howard et al., 2019).</summary>
public sealed record HardSwish : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => x * Build.Max(Build.Const(0, x.Element), Build.Min(Build.Const(1, x.Element), (x * Build.Const(1.0 / 6, x.Element)) + Build.Const(0.5, x.Element)));
}
