using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>The error function, 2/sqrt(pi) times the integral of exp(-t*t) from 0 to x.</summary>
public sealed record Erf : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Build.Call(Intrinsic.Erf, x);
}
