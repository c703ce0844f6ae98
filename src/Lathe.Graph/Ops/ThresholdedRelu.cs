using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>x above alpha, else 0.</summary>
public sealed record ThresholdedRelu(double Alpha) : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Select(x > Build.Const(Alpha, x.Element), x, Build.Const(0, x.Element));
}
