using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>
/// x times the normal distribution's cumulative function (Hendrycks and Gimpel, 2016): 0.5 * x * (1 + erf(x / sqrt(2))). With
/// <paramref name="Tanh"/> the approximation 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))).
/// </summary>
public sealed record Gelu(bool Tanh = false) : FloatElementwiseOp
{
    public override Expr Apply(Expr x)
    {
        Expr Const(double value) => Build.Const(value, x.Element);
        return Tanh
            ? x * Const(0.5) * (Build.Call(Intrinsic.Tanh, (x + (x * x * x * Const(0.044715))) * Const(Math.Sqrt(2 / Math.PI))) + Const(1))
            : x * Build.Call(Intrinsic.NormalCdf, x);
    }
}
