using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>x * sigmoid(alpha * x); alpha 1 is SiLU, 1.702 is a quick approximation of Gelu (Ramachandran et al., 2017).</summary>
public sealed record Swish(double Alpha = 1) : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => x * Build.Call(Intrinsic.Sigmoid, x * Build.Const(Alpha, x.Element));
}
