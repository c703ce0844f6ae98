using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>
/// f16 and bf16 by integer arithmetic on their bits, exact and rounding to nearest with ties to even. Halves are u16, singles f32.
/// Subnormal f16 numbers are shifted by adding and subtracting a power of two, which rounds as it should (the formats:
/// IEEE 754-2019, 3.6).
/// </summary>
internal static class HalfBits
{
    private const int ExponentDifference = (127 - 15) << 23, Infinity = 0x7F800000;

    /// <summary>The bits of a constant.</summary>
    public static long OfConstant(double value, DType half) =>
        half == DType.Float16 ? BitConverter.HalfToUInt16Bits((Half)value) : BFloat16Bits.FromSingle((float)value);

    public static Expr ToSingle(FloatCode code, Expr half, DType type)
    {
        var bits = code.Bind("half", Build.Cast(DType.Int32, half));
        if (type == DType.BFloat16)
            return code.FromBits(code.ShiftLeft(bits, 16));
        const int ExponentMask = 0x7C00 << 13, SmallestNormal = 113 << 23;
        var shifted = code.Bind("shifted", code.ShiftLeft(bits & code.Integer(0x7FFF), 13));
        var exponent = code.Bind("exponent", shifted & code.Integer(ExponentMask));
        var normal = code.Bind("normal", shifted + code.Integer(ExponentDifference));
        var special = normal + code.Integer(ExponentDifference);
        var power = code.FromBits(code.Integer(SmallestNormal));
        var subnormal = code.Bits(code.FromBits(normal + code.Integer(1 << 23)) - power);
        var magnitude = Build.Select(
            Build.Equal(exponent, code.Integer(ExponentMask)),
            special,
            Build.Select(Build.Equal(exponent, code.Integer(0)), subnormal, normal));
        return code.FromBits(magnitude | code.ShiftLeft(bits & code.Integer(0x8000), 16));
    }

    public static Expr FromSingle(FloatCode code, Expr single, DType type)
    {
        var bits = code.Bind("bits", code.Bits(single));
        return Build.Cast(DType.UInt16, type == DType.BFloat16 ? ToBFloat16(code, bits) : ToFloat16(code, bits));
    }

    private static Expr ToBFloat16(FloatCode code, Expr bits)
    {
        var upper = code.Bind("upper", code.ShiftRight(bits, 16));
        var isNaN = code.Integer(Infinity) < (bits & code.Integer(int.MaxValue));
        var rounded = code.ShiftRight(bits + code.Integer(0x7FFF) + (upper & code.Integer(1)), 16);
        return Build.Select(isNaN, upper | code.Integer(0x40), rounded);
    }

    private static Expr ToFloat16(FloatCode code, Expr bits)
    {
        const int Overflow = (127 + 16) << 23, SmallestNormal = 113 << 23, Half = 0x3F000000;
        var magnitude = code.Bind("magnitude", bits & code.Integer(int.MaxValue));
        var special = Build.Select(code.Integer(Infinity) < magnitude, code.Integer(0x7E00), code.Integer(0x7C00));
        // The last place of numbers near 0.5 is 2^-24, that of subnormal f16 numbers.
        var subnormal = code.Bits(code.FromBits(magnitude) + code.Constant(0.5)) - code.Integer(Half);
        var odd = code.ShiftRight(magnitude, 13) & code.Integer(1);
        var normal = code.ShiftRight(magnitude + code.Integer(0xFFF - ExponentDifference) + odd, 13);
        var result = Build.Select(
            magnitude >= code.Integer(Overflow),
            special,
            Build.Select(magnitude < code.Integer(SmallestNormal), subnormal, normal));
        return result | (code.ShiftRight(bits, 16) & code.Integer(0x8000));
    }
}
