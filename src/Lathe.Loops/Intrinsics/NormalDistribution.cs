using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>
/// The normal distribution's cumulative function. In f32 it is 2^F(|x|) on the side where it is small, and 1 less that on the other; F approximates its
/// logarithm, closely where it is near a half and less so where what is left is small. Beyond 5.7 it is 0 or 1. Errors are below 1.5e-7. In f64 it
/// comes from erf.
/// </summary>
internal static class NormalDistribution
{
    private const double End = 5.7;

    /// <summary>(F(x) + 1) / x on [0, 5.7], near-minimax in what the function times x is off by.</summary>
    private static readonly double[] Slope =
        [-1.151106, -0.459198326, -0.052533526, 0.00712677743, -0.000191665065, -0.000161299176, 3.37370548e-05, -2.33475748e-06];

    /// <summary>2^r on [-1/2, 1/2].</summary>
    private static readonly double[] PowerOfTwo = [1.00000012, 0.693146944, 0.240221202, 0.0555071346, 0.00967554189, 0.00132764177];

    public static Expr Cumulative(FloatCode code, Expr x)
    {
        if (code.Type != DType.Float32)
            return Build.Fma(ErrorFunction.Erf(code, code.Bind("scaled", x * code.Constant(Math.Sqrt(0.5)))), code.Constant(0.5), code.Constant(0.5));
        var a = code.Bind("a", code.Abs(x));
        var logarithm = code.Bind("logarithm", Build.Fma(code.Polynomial(a, Slope), a, code.Constant(-1)));
        var (n, k) = code.Round(logarithm, 1);
        var power = code.Polynomial(code.Bind("r", logarithm - n), PowerOfTwo) * code.PowerOfTwo(k);
        var small = code.Bind("small", Build.Select(Build.Compare(CompareOp.LessEqual, code.Constant(End), a), code.Constant(0), power));
        return Build.Select(x < code.Constant(0), small, code.Constant(1) - small);
    }
}
