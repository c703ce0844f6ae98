using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>x * tanh(softplus(x)) (Misra, 2019).</summary>
public sealed record Mish : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => x * Build.Call(Intrinsic.Tanh, Softplus.Of(x));
}
