using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>x / (1 + |x|).</summary>
public sealed record Softsign : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => x / (Build.Unary(UnaryOp.Abs, x) + Build.Const(1, x.Element));
}
