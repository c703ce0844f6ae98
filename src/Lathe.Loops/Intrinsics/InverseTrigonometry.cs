namespace Lathe.Loops;

/// <summary>
/// asin, acos and atan. For |x| &lt;= 1/2 asin(x) = x + x^3 * A(x^2), and above asin(x) = pi/2 - 2 asin(sqrt((1 - x) / 2)). atan is
/// brought to |u| &lt;= tan(pi/8) by u = -1/x or (x - 1) / (x + 1), where atan(u) = u + u^3 * T(u^2). A and T are near-minimax by
/// Chebyshev interpolation.
/// </summary>
internal static class InverseTrigonometry
{
    private static readonly double[] AsinSingle = [0.166666663, 0.0750009454, 0.0445994015, 0.0311006627, 0.0171492384, 0.0336908472];

    private static readonly double[] AsinTwice =
    [
        0.16666666666666666, 0.07500000000000118, 0.044642857142551895, 0.03038194447553234, 0.02237215744350722, 0.017352816540325496,
        0.01396378001220357, 0.011566459612121669, 0.009621842970100282, 0.009319560794767446, 0.0030448799094556773, 0.019554513336123378,
        -0.01924167174674304, 0.02961201126495512,
    ];

    private static readonly double[] AtanSingle = [-0.333333318, 0.199995402, -0.142639464, 0.107436316, -0.0645159726];

    private static readonly double[] AtanTwice =
    [
        -0.3333333333333333, 0.19999999999999804, -0.14285714285659748, 0.11111111105147764, -0.09090908753118594, 0.07692296363979952,
        -0.066664246872465, 0.05878926715756726, -0.052304374642516874, 0.045515165635903104, -0.0345685906686069, 0.01628357235648259,
    ];

    /// <summary>pi/2 and what it loses as a double.</summary>
    private const double HalfPi = 1.5707963267948966, HalfPiRest = 6.123233995736766e-17;

    public static Expr Asin(FloatCode code, Expr x)
    {
        var a = code.Bind("a", code.Abs(x));
        var (outer, p) = Folded(code, a);
        var far = code.Constant(HalfPi) - ((p + p) - code.Remainder(HalfPi, HalfPiRest));
        return code.WithSign(Build.Select(outer, far, p), x);
    }

    public static Expr Acos(FloatCode code, Expr x)
    {
        var (outer, p) = Folded(code, code.Bind("a", code.Abs(x)));
        var negative = code.Bind("negative", x < code.Constant(0));
        var rest = code.Remainder(HalfPi, HalfPiRest);
        var inside = code.Constant(HalfPi) - (Build.Select(negative, -p, p) - rest);
        var below = code.Constant(2 * HalfPi) - ((p + p) - (rest + rest));
        return Build.Select(outer, Build.Select(negative, below, p + p), inside);
    }

    public static Expr Atan(FloatCode code, Expr x)
    {
        var a = code.Bind("a", code.Abs(x));
        var far = code.Bind("far", a > code.Constant(2.414213562373095));
        var middle = code.Bind("middle", a > code.Constant(0.41421356237309503));
        var (zero, one) = (code.Constant(0), code.Constant(1));
        var numerator = Build.Select(far, -one, Build.Select(middle, a - one, a));
        var u = code.Bind("u", numerator / Build.Select(far, a, Build.Select(middle, a + one, one)));
        var start = Build.Select(far, code.Constant(HalfPi), Build.Select(middle, code.Constant(HalfPi / 2), zero));
        var (rest, half) = (code.Remainder(HalfPi, HalfPiRest), code.Remainder(HalfPi / 2, HalfPiRest / 2));
        var p = Odd(code, u, code.Bind("z", u * u), code.Pick(AtanSingle, AtanTwice));
        return code.WithSign(start + (p + Build.Select(far, rest, Build.Select(middle, half, zero))), x);
    }

    /// <summary>Whether a is above 1/2, and asin of a or of sqrt((1 - a) / 2); NaN for a above 1.</summary>
    private static (Expr Outer, Expr Asin) Folded(FloatCode code, Expr a)
    {
        var half = code.Constant(0.5);
        var outer = code.Bind("outer", a > half);
        var z = code.Bind("z", Build.Select(outer, (code.Constant(1) - a) * half, a * a));
        var s = code.Bind("s", Build.Select(outer, code.Sqrt(z), a));
        return (outer, code.Bind("p", Odd(code, s, z, code.Pick(AsinSingle, AsinTwice))));
    }

    private static Expr Odd(FloatCode code, Expr x, Expr square, double[] coefficients) => Build.Fma(x * square, code.Polynomial(square, coefficients), x);
}
