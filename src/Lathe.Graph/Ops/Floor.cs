using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>The greatest integer that is not above x.</summary>
public sealed record Floor : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Unary(UnaryOp.Floor, x);
}
