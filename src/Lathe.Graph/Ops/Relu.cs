using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>max(0, x); NaN stays NaN.</summary>
public sealed record Relu : UnaryElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Max(Build.Const(0, x.Element), x);
}
