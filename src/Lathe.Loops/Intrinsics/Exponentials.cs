namespace Lathe.Loops;

/// <summary>
/// exp and sigmoid. exp(x) = 2^n * exp(r) with n = round(x / ln 2); ln 2 is split in two so that x - n*ln 2 is exact to
/// working precision (W. J. Cody and W. Waite, Software Manual for the Elementary Functions, 1980). exp(r) = 1 + r + r^2 * E(r),
/// where E is a near-minimax polynomial on |r| &lt;= ln(2)/2, fitted by Chebyshev interpolation.
/// </summary>
internal static class Exponentials
{
    private static readonly double[] Single = [0.5, 0.16666577, 0.0416665546, 0.00836317905, 0.00139261836];

    private static readonly double[] Twice =
    [
        0.5000000000000001, 0.16666666666666669, 0.04166666666662413, 0.008333333333330062, 0.0013888888917213717, 0.00019841269863053618,
        2.4801521295954376e-05, 2.7557268459997064e-06, 2.7620088445409746e-07, 2.510038549551032e-08,
    ];

    /// <summary>The logarithm of the least normal f32, and the greatest f32 whose exponential is one.</summary>
    private const double LeastSingle = -87.33654475055310, GreatestSingle = 88.72283172607422;

    /// <summary>exp(x) for every x; in f32, what is below the normal numbers is 0.</summary>
    public static Expr Exp(FloatCode code, Expr x)
    {
        if (!code.IsSingle)
            return Exp(code, x, code.Constant(0), power: 0);
        var (y, n) = Reduced(code, x, code.Constant(0));
        // y is about 1, so that its exponent takes n without a power of two that may be too large.
        var scaled = code.AddToExponent(y, n);
        var upTo = Build.Select(Build.Compare(CompareOp.LessEqual, x, code.Constant(GreatestSingle)), scaled, x + code.Constant(double.PositiveInfinity));
        return Build.Select(x < code.Constant(LeastSingle), code.Constant(0), upTo);
    }

    /// <summary>
    /// exp(x + tail) * 2^power for every x, a tail of at most x's last place, and a power that is not positive; overflows to infinity and underflows
    /// gradually.
    /// </summary>
    public static Expr Exp(FloatCode code, Expr x, Expr tail, int power)
    {
        var clamped = code.Bind("x", code.Clamp(code.Pick(-104.0, -746), x, code.Pick(90.0, 711)));
        var (y, n) = Reduced(code, clamped, tail);
        // What rounds to zero, as masked scores of attention do, is zero from here on: a product that underflows takes some processors a hundred cycles.
        y = Build.Select(clamped < code.Constant(code.Pick(-103.98, -745.9)), code.Constant(0), y);
        // Two factors, because 2^n itself may be too large or too small. Half of twice the bias is each one's.
        var biased = code.Bind("n", n + code.Integer((2 * code.ExponentBias) + power));
        var half = code.Bind("half", code.ShiftRight(biased, 1));
        return y * code.FromExponent(half) * code.FromExponent(biased - half);
    }

    /// <summary>exp(x) where 2^round(x / ln 2) is a normal number: |x| up to 80.</summary>
    public static Expr ExpOfSmall(FloatCode code, Expr x)
    {
        var (y, n) = Reduced(code, x, code.Constant(0));
        return y * code.PowerOfTwo(n);
    }

    /// <summary>1 / (1 + exp(-x)); in f32, what is below the normal numbers is 0. In f64 by exp(-|x|), so that nothing overflows.</summary>
    public static Expr Sigmoid(FloatCode code, Expr x)
    {
        if (code.IsSingle)
        {
            var (y, n) = Reduced(code, code.Bind("x", Build.Min(code.Constant(-LeastSingle), x)), code.Constant(0), opposite: true);
            var inverse = code.Reciprocal(Build.Fma(y, code.PowerOfTwo(n), code.Constant(1)));
            return Build.Select(x < code.Constant(LeastSingle), code.Constant(0), inverse);
        }
        var e = code.Bind("e", Exp(code, -code.Abs(x)));
        return Build.Select(x < code.Constant(0), e, code.Constant(1)) / (code.Constant(1) + e);
    }

    /// <summary>exp(x + tail), or exp(-x - tail) where <paramref name="opposite"/>, as a number about 1 and a power of two.</summary>
    private static (Expr Value, Expr Power) Reduced(FloatCode code, Expr x, Expr tail, bool opposite = false)
    {
        int sign = opposite ? -1 : 1;
        var (n, k) = code.Round(x, sign * 1.4426950408889634);
        var r = Build.Fma(n, code.Constant(sign * code.Pick(-0.693115234375, -0.6931471803691238)), x);
        r = Build.Fma(n, code.Constant(sign * code.Pick(-3.1946184945309415e-05, -1.9082149292705877e-10)), r);
        r = code.Bind("r", tail is FloatConst ? r : r + tail);
        double[] coefficients = [.. code.Pick(Single, Twice).Select((c, i) => i % 2 == 0 ? c : sign * c)];
        return (Build.Fma(r * r, code.Polynomial(r, coefficients), opposite ? -r : r) + code.Constant(1), k);
    }
}
