using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>
/// sinh, cosh, tanh and their inverses. Near 0 the odd functions are x + x^3 * P(x^2), P near-minimax by Chebyshev
/// interpolation; elsewhere they follow from exp. The inverses follow from log(1 + y) in f64.
/// </summary>
internal static class Hyperbolics
{
    private static readonly double[] SinhSingle = [0.166666666, 0.00833333968, 0.00019838102, 2.80628026e-06];

    private static readonly double[] SinhTwice =
    [
        0.16666666666666666, 0.008333333333333333, 0.0001984126984126984, 2.7557319223985825e-06, 2.505210838547607e-08, 1.605904382690051e-10,
        7.647165414593481e-13, 2.8112909646770106e-15, 8.309171941866942e-18,
    ];

    private static readonly double[] TanhSingle = [-0.333333289, 0.133327678, -0.0538506091, 0.0209957539, -0.00609464132];

    private static readonly double[] TanhTwice =
    [
        -0.3333333333333333, 0.1333333333333304, -0.05396825396789384, 0.021869488518873555, -0.008863235100297065, 0.003592121713787555,
        -0.00145577511739838, 0.0005896591704308033, -0.00023758584039791723, 9.256153036516744e-05, -3.1190227437815513e-05, 6.479872918951109e-06,
    ];

    /// <summary>Beyond, 1 + x^2 and x^2 are the same, and squares may overflow.</summary>
    private const double Large = 1L << 60;

    private const double Ln2 = 0.6931471805599453;

    public static Expr Sinh(FloatCode code, Expr x)
    {
        var a = code.Bind("a", code.Abs(x));
        var half = code.Bind("half", Exponentials.Exp(code, a, code.Constant(0), power: -1));
        var far = half - (code.Constant(0.25) / half);
        return code.WithSign(Build.Select(a < code.Constant(1), Near(code, a, code.Pick(SinhSingle, SinhTwice)), far), x);
    }

    public static Expr Cosh(FloatCode code, Expr x)
    {
        var half = code.Bind("half", Exponentials.Exp(code, code.Abs(x), code.Constant(0), power: -1));
        return half + (code.Constant(0.25) / half);
    }

    /// <summary>1 - 2 / (exp(2|x|) + 1) for |x| from 0.625; the result is 1 from where it rounds to it.</summary>
    public static Expr Tanh(FloatCode code, Expr x)
    {
        var a = code.Bind("a", Build.Min(code.Constant(code.Pick(10.0, 20)), code.Abs(x)));
        var inverse = code.Reciprocal(Exponentials.ExpOfSmall(code, code.Bind("twice", a + a)) + code.Constant(1));
        var far = Build.Fma(code.Constant(-2), inverse, code.Constant(1));
        return code.WithSign(Build.Select(a < code.Constant(0.625), Near(code, a, code.Pick(TanhSingle, TanhTwice)), far), x);
    }

    /// <summary>log(|x| + sqrt(x^2 + 1)), written as log(1 + (|x| + x^2 / (1 + sqrt(x^2 + 1)))).</summary>
    public static Expr Asinh(FloatCode code, Expr x) => InTwice(code, x, (twice, wide) =>
    {
        var a = twice.Bind("a", twice.Abs(wide));
        var square = twice.Bind("square", a * a);
        var y = a + (square / (twice.Constant(1) + twice.Sqrt(square + twice.Constant(1))));
        return twice.WithSign(LogOfSum(twice, a, y), wide);
    });

    /// <summary>log(x + sqrt(x^2 - 1)), written with t = x - 1 as log(1 + (t + sqrt(t * (t + 2)))); NaN below 1.</summary>
    public static Expr Acosh(FloatCode code, Expr x) => InTwice(code, x, (twice, wide) =>
    {
        var t = twice.Bind("t", wide - twice.Constant(1));
        var result = LogOfSum(twice, wide, t + twice.Sqrt(t * (t + twice.Constant(2))));
        return Build.Select(wide >= twice.Constant(1), result, twice.Constant(double.NaN));
    });

    /// <summary>log((1 + |x|) / (1 - |x|)) / 2, written as log(1 + 2|x| / (1 - |x|)) / 2.</summary>
    public static Expr Atanh(FloatCode code, Expr x) => InTwice(code, x, (twice, wide) =>
    {
        var a = twice.Bind("a", twice.Abs(wide));
        var y = twice.Bind("y", (a + a) / (twice.Constant(1) - a));
        return twice.WithSign(twice.Constant(0.5) * Logarithms.LogOfOnePlus(twice, y), wide);
    });

    private static Expr LogOfSum(FloatCode code, Expr x, Expr y)
    {
        var large = code.Bind("large", x > code.Constant(Large));
        var log = Logarithms.LogOfOnePlus(code, code.Bind("y", Build.Select(large, x, y)));
        return log + Build.Select(large, code.Constant(Ln2), code.Constant(0));
    }

    private static Expr Near(FloatCode code, Expr a, double[] coefficients)
    {
        var z = code.Bind("z", a * a);
        return Build.Fma(a * z, code.Polynomial(z, coefficients), a);
    }

    private static Expr InTwice(FloatCode code, Expr x, Func<FloatCode, Expr, Expr> function)
    {
        var twice = code.As(DType.Float64);
        return code.Convert(function(twice, twice.Bind("x", twice.Convert(x))));
    }
}
