using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>
/// sin, cos and tan. |x| = n * pi/2 + r, always reduced in f64 with pi/2 split in three (after Cody and Waite), which is exact to f32
/// precision for |x| up to a million and loses a digit with every further one; beyond 2^50 results are only certain to lie in [-1, 1].
/// sin(r) = r + r^3 * S(r^2) and cos(r) = 1 - r^2/2 + r^4 * C(r^2) on |r| &lt;= pi/4, near-minimax by Chebyshev interpolation.
/// </summary>
internal static class Trigonometry
{
    private static readonly double[] SinSingle = [-0.166666667, 0.00833333187, -0.000198400865, 2.72498952e-06];

    private static readonly double[] SinTwice =
    [
        -0.16666666666666666, 0.008333333333333333, -0.00019841269841269839, 2.75573192239811e-06, -2.5052108382388815e-08, 1.605904278076985e-10,
        -7.646961311710078e-13, 2.791242229090309e-15,
    ];

    private static readonly double[] CosSingle = [0.0416666647, -0.00138883029, 2.45479169e-05];

    private static readonly double[] CosTwice =
    [
        0.041666666666666664, -0.0013888888888888887, 2.4801587301584645e-05, -2.755731922140179e-07, 2.0876755790721963e-09,
        -1.1470460830795304e-11, 4.7458685530816656e-14,
    ];

    private const double TwoOverPi = 0.6366197723675814, QuarterPi = 0.7853981633974483;

    public static Expr Sin(FloatCode code, Expr x)
    {
        var (n, r) = Reduce(code, x);
        var sign = code.SignBit(x) ^ SecondBit(code, n);
        return Signed(code, Build.Select(IsOdd(code, n), Cosine(code, r), Sine(code, r)), sign);
    }

    public static Expr Cos(FloatCode code, Expr x)
    {
        var (n, r) = Reduce(code, x);
        return Signed(code, Build.Select(IsOdd(code, n), Sine(code, r), Cosine(code, r)), SecondBit(code, n + code.Integer(1)));
    }

    public static Expr Tan(FloatCode code, Expr x)
    {
        var (n, r) = Reduce(code, x);
        var (sine, cosine, odd) = (code.Bind("sine", Sine(code, r)), code.Bind("cosine", Cosine(code, r)), code.Bind("odd", IsOdd(code, n)));
        var ratio = Build.Select(odd, cosine, sine) / Build.Select(odd, sine, cosine);
        // tan(r + pi/2) = -1 / tan(r)
        return Signed(code, ratio, code.SignBit(x) ^ SecondBit(code, n + n));
    }

    /// <summary>The quadrant (an integer, of which only the low two bits count) and r.</summary>
    private static (Expr Quadrant, Expr R) Reduce(FloatCode code, Expr x)
    {
        var twice = code.As(DType.Float64);
        var a = twice.Bind("a", twice.Abs(twice.Convert(x)));
        var (n, k) = twice.Round(a, TwoOverPi);
        var r = ((a - (n * twice.Constant(1.5707963267341256))) - (n * twice.Constant(6.077100506303966e-11))) - (n * twice.Constant(2.0222662487959506e-21));
        r = twice.Clamp(-QuarterPi, r, QuarterPi);
        var quadrant = code.IsSingle ? Build.Cast(DType.Int32, k) : k;
        return (code.Bind("quadrant", quadrant), code.Bind("r", code.Convert(r)));
    }

    private static Expr Sine(FloatCode code, Expr r)
    {
        var z = code.Bind("z", r * r);
        return Build.Fma(r * z, code.Polynomial(z, code.Pick(SinSingle, SinTwice)), r);
    }

    private static Expr Cosine(FloatCode code, Expr r)
    {
        var z = code.Bind("z", r * r);
        return Build.Fma(z * z, code.Polynomial(z, code.Pick(CosSingle, CosTwice)), Build.Fma(z, code.Constant(-0.5), code.Constant(1)));
    }

    private static Expr IsOdd(FloatCode code, Expr n) => Build.Compare(CompareOp.NotEqual, n & code.Integer(1), code.Integer(0));

    /// <summary>The bit of value 2, at the place of a float's sign.</summary>
    private static Expr SecondBit(FloatCode code, Expr n) => code.ShiftLeft(n & code.Integer(2), code.Pick(30, 62));

    private static Expr Signed(FloatCode code, Expr value, Expr sign) => code.FromBits(code.Bits(value) ^ sign);
}
