using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>x, or alpha * x below 0.</summary>
public sealed record LeakyRelu(double Alpha) : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Select(x < Build.Const(0, x.Element), x * Build.Const(Alpha, x.Element), x);
}
