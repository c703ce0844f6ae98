using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>a + b, elementwise.</summary>
public sealed record Add : BinaryElementwiseOp
{
    public override Expr Apply(Expr a, Expr b) => a + b;
}
