using Lathe.Loops;

namespace Lathe.Graphs.Ops;

/// <summary>log(1 + exp(x)), computed so that large x does not overflow.</summary>
public sealed record Softplus : FloatElementwiseOp
{
    public override Expr Apply(Expr x) => Of(x);

    /// <summary>max(0, x) + log(1 + exp(-|x|)).</summary>
    internal static Expr Of(Expr x) =>
        Build.Max(Build.Const(0, x.Element), x) + Build.Call(Intrinsic.Log, Build.Call(Intrinsic.Exp, -Build.Unary(UnaryOp.Abs, x)) + Build.Const(1, x.Element));
}
