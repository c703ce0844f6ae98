using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>
/// Puts arithmetic in place of calls of intrinsics, so that targets need no mathematical library and vectorize them. Fma stays. Each family
/// says how it computes; f32 results are within 4 units in the last place (exp, log, tanh and sigmoid within 2; what exp and sigmoid give below the normal
/// numbers is 0 or off by less than the least of them), f64 within 1e-13 relative.
/// </summary>
public static class ExpandIntrinsics
{
    public static Kernel Run(Kernel kernel)
    {
        var names = new FreshNames(kernel);
        return kernel with { Body = kernel.Body.Rewrite(_ => null, e => Replacement(e, names)) };
    }

    public static Expr Run(Expr expr)
    {
        var names = new FreshNames(expr);
        return Expand(expr, names);
    }

    private static Expr Expand(Expr expr, FreshNames names) => expr.Rewrite(e => Replacement(e, names));

    private static Expr? Replacement(Expr expr, FreshNames names)
    {
        if (expr is not Call { Function: not Intrinsic.Fma } call)
            return null;
        var code = new FloatCode(call.Element, names);
        var x = code.Bind("x", Expand(call.Arguments[0], names));
        return code.Close(call.Function switch
        {
            Intrinsic.Exp => Exponentials.Exp(code, x),
            Intrinsic.Sigmoid => Exponentials.Sigmoid(code, x),
            Intrinsic.Log => Logarithms.Log(code, x),
            Intrinsic.Pow => Powers.Pow(code, x, code.Bind("y", Expand(call.Arguments[1], names))),
            Intrinsic.Sin => Trigonometry.Sin(code, x),
            Intrinsic.Cos => Trigonometry.Cos(code, x),
            Intrinsic.Tan => Trigonometry.Tan(code, x),
            Intrinsic.Asin => InverseTrigonometry.Asin(code, x),
            Intrinsic.Acos => InverseTrigonometry.Acos(code, x),
            Intrinsic.Atan => InverseTrigonometry.Atan(code, x),
            Intrinsic.Sinh => Hyperbolics.Sinh(code, x),
            Intrinsic.Cosh => Hyperbolics.Cosh(code, x),
            Intrinsic.Tanh => Hyperbolics.Tanh(code, x),
            Intrinsic.Asinh => Hyperbolics.Asinh(code, x),
            Intrinsic.Acosh => Hyperbolics.Acosh(code, x),
            Intrinsic.Atanh => Hyperbolics.Atanh(code, x),
            Intrinsic.Erf => ErrorFunction.Erf(code, x),
            Intrinsic.NormalCdf => NormalDistribution.Cumulative(code, x),
            _ => throw new InternalException("LATHE4010", $"the intrinsic {call.Function} has no expansion for {call.Element.Name}"),
        });
    }
}
