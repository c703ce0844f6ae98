using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>1 / x.</summary>
public sealed record Reciprocal : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Const(1, x.Element) / x;
}
