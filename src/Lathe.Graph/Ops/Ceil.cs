using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>The least integer that is not below x.</summary>
public sealed record Ceil : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Unary(UnaryOp.Ceil, x);
}
