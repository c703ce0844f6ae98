namespace Lathe.Loops;

/// <summary>
/// log. x = m * 2^e with m near 1, and f = m - 1. In f32 log(1 + f) = f - f^2/2 + f^3 * G(f); in f64
/// log(1 + f) = 2 atanh(s) = 2s + s^3 * R(s^2) with s = f / (2 + f). G and R are near-minimax, fitted by Chebyshev interpolation.
/// e * ln 2 is added in two parts, of which the first is exact.
/// </summary>
internal static class Logarithms
{
    /// <summary>ln 2 to 32 bits, and the rest.</summary>
    public const double Ln2High = 0.6931471803691238, Ln2Low = 1.9082149292705877e-10;

    private static readonly double[] Single =
        [0.333333312, -0.24999997, 0.200007157, -0.166678023, 0.142490576, -0.124256873, 0.116854199, -0.114797338, 0.0697161147];

    private static readonly double[] Twice =
    [
        0.6666666666666666, 0.4000000000000088, 0.28571428570801954, 0.22222222392089008, 0.18181795600060793, 0.15386241881938595,
        0.13268714792348096, 0.1308723619665962,
    ];

    public static Expr Log(FloatCode code, Expr x)
    {
        var (fraction, exponent) = code.Decompose(x);
        var e = code.Bind("exponent", exponent);
        var f = code.Bind("f", fraction - code.Constant(1));
        var finite = code.IsSingle ? OfSingle(code, f, e) : OfTwice(code, f, e);
        var positive = Build.Select(x < code.Constant(double.PositiveInfinity), finite, x);
        var result = Build.Select(Build.Equal(x, code.Constant(0)), code.Constant(double.NegativeInfinity), positive);
        return Build.Select(x >= code.Constant(0), result, code.Constant(double.NaN));
    }

    /// <summary>log(1 + y) for y >= 0 in f64, precise for small y: what 1 + y rounds away is added to the first order.</summary>
    public static Expr LogOfOnePlus(FloatCode code, Expr y)
    {
        var u = code.Bind("u", code.Constant(1) + y);
        var log = Log(code, u) + ((y - (u - code.Constant(1))) / u);
        return Build.Select(u < code.Constant(double.PositiveInfinity), log, u);
    }

    /// <summary>s^3 * R(s^2): what 2 atanh(s) has beyond 2s, for |s| &lt;= 0.1716 in f64.</summary>
    public static Expr AtanhTail(FloatCode code, Expr s)
    {
        var z = code.Bind("z", s * s);
        return s * z * code.Polynomial(z, Twice);
    }

    private static Expr OfSingle(FloatCode code, Expr f, Expr e)
    {
        var z = code.Bind("z", f * f);
        var tail = Build.Fma(f * z, code.Polynomial(f, Single), e * code.Constant(3.1946184945309415e-05));
        return Build.Fma(e, code.Constant(0.693115234375), f + Build.Fma(z, code.Constant(-0.5), tail));
    }

    private static Expr OfTwice(FloatCode code, Expr f, Expr e)
    {
        var s = code.Bind("s", f / (code.Constant(2) + f));
        var tail = AtanhTail(code, s) + (e * code.Constant(Ln2Low));
        return (e * code.Constant(Ln2High)) + ((s + s) + tail);
    }
}
