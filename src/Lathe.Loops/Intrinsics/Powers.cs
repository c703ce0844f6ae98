using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>
/// pow(x, y) = exp(y * log|x|) in f64, with the sign and the special values of IEEE 754's pow. For f64 results the logarithm
/// and its product with y are carried as sums of two doubles, because exp turns their absolute error into a relative one.
/// </summary>
internal static class Powers
{
    /// <summary>exp is 0 or infinity beyond, so products are cut here.</summary>
    private const double Limit = 800;

    public static Expr Pow(FloatCode code, Expr x, Expr y)
    {
        if (!code.IsSingle)
            return Pow(code, x, y, (magnitude) => ExtendedProduct(code, magnitude, y));
        var twice = code.As(DType.Float64);
        var (wideX, wideY) = (twice.Bind("x", twice.Convert(x)), twice.Bind("y", twice.Convert(y)));
        return code.Convert(Pow(twice, wideX, wideY, magnitude => (wideY * Logarithms.Log(twice, magnitude), twice.Constant(0))));
    }

    private static Expr Pow(FloatCode code, Expr x, Expr y, Func<Expr, (Expr High, Expr Low)> product)
    {
        var (zero, one, infinity) = (code.Constant(0), code.Constant(1), code.Constant(double.PositiveInfinity));
        var magnitude = code.Bind("magnitude", code.Abs(x));
        var (high, low) = product(magnitude);
        var power = Exponentials.Exp(code, high, low, power: 0);

        // 0 and infinity go to 0 or infinity by the sign of y alone.
        var extreme = Build.Equal(magnitude, zero) | Build.Equal(magnitude, infinity);
        var grows = Build.Compare(CompareOp.Equal, magnitude < one, y < zero);
        power = Build.Select(extreme, Build.Select(grows, infinity, zero), power);
        // With y infinite, only magnitude 1 is neither.
        power = Build.Select(Build.Equal(code.Abs(y), infinity), Build.Select(Build.Equal(magnitude, one), one, Build.Select(grows, infinity, zero)), power);

        var whole = Build.Equal(Build.Unary(UnaryOp.Trunc, y), y);
        var halfOfY = code.Bind("halved", y * code.Constant(0.5));
        var odd = whole & Build.Compare(CompareOp.NotEqual, Build.Unary(UnaryOp.Trunc, halfOfY), halfOfY);
        var signed = code.FromBits(code.Bits(power) | Build.Select(odd, code.SignBit(x), code.Integer(0)));
        var defined = whole | (x >= zero) | Build.Equal(magnitude, infinity);
        var result = Build.Select(defined, signed, code.Constant(double.NaN));
        var unordered = Build.Compare(CompareOp.NotEqual, x, x) | Build.Compare(CompareOp.NotEqual, y, y);
        result = Build.Select(unordered, code.Constant(double.NaN), result);
        return Build.Select(Build.Equal(y, zero) | Build.Equal(x, one), one, result);
    }

    /// <summary>y * log(x) as a sum of two; products of upper halves are exact (T. J. Dekker, A floating-point technique for extending the available precision, 1971).</summary>
    private static (Expr High, Expr Low) ExtendedProduct(FloatCode code, Expr x, Expr y)
    {
        var (logHigh, logLow) = ExtendedLog(code, x);
        var upperLog = code.Bind("upper", code.UpperHalf(logHigh));
        var lowerLog = code.Bind("lower", (logHigh - upperLog) + logLow);
        var upperY = code.Bind("upper", code.UpperHalf(y));
        var exact = code.Bind("exact", upperY * upperLog);
        var rest = code.Bind("rest", ((y - upperY) * upperLog) + (y * lowerLog));
        var high = code.Bind("high", exact + rest);
        var low = rest - (high - exact);
        return (code.Clamp(-Limit, high, Limit), Build.Select(code.Abs(high) < code.Constant(Limit), low, code.Constant(0)));
    }

    private static (Expr High, Expr Low) ExtendedLog(FloatCode code, Expr x)
    {
        var (fraction, exponent) = code.Decompose(x);
        var e = code.Bind("exponent", exponent);
        var f = code.Bind("f", fraction - code.Constant(1));
        var divisor = code.Bind("divisor", code.Constant(2) + f);
        var s = code.Bind("s", f / divisor);
        var upper = code.Bind("upper", code.UpperHalf(s));
        var upperDivisor = code.Bind("upper", code.UpperHalf(divisor));
        var lowerDivisor = f - (upperDivisor - code.Constant(2));
        var lower = ((f - (upper * upperDivisor)) - (upper * lowerDivisor)) / divisor;
        var tail = Logarithms.AtanhTail(code, s) + (lower + lower) + (e * code.Constant(Logarithms.Ln2Low));

        // The exact sum of e * ln 2 and 2s as a rounded sum and its error (D. E. Knuth, The Art of Computer Programming, 4.2.2).
        var a = code.Bind("a", e * code.Constant(Logarithms.Ln2High));
        var b = code.Bind("b", upper + upper);
        var sum = code.Bind("sum", a + b);
        var bRounded = code.Bind("bRounded", sum - a);
        var error = (a - (sum - bRounded)) + (b - bRounded);
        return (sum, code.Bind("logLow", error + tail));
    }
}
