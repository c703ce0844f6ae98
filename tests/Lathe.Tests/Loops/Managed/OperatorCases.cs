using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Tests.Loops.Managed;

/// <summary>Operands with the edges of each type, and what operations on them give, computed apart from the compiler.</summary>
internal static class OperatorCases
{
    private static readonly double[] Floats =
    [
        0.0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3, -7.25, 100.625, 1e-3, 60000, 1e30, -1e30,
        double.PositiveInfinity, double.NegativeInfinity, double.NaN,
    ];

    private static readonly long[] Integers =
        [0, 1, -1, 2, -2, 3, -3, 5, 7, -7, 100, -100, 127, -128, 255, 32767, -32768, 65535, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue];

    /// <summary>All pairs of edge values, each operand as a tensor.</summary>
    public static (Tensor A, Tensor B) Pairs(DType type)
    {
        var one = Values(type);
        long n = one.Count;
        var (a, b) = (Tensor.Zeros(type, Shape.Of(n * n)), Tensor.Zeros(type, Shape.Of(n * n)));
        int size = type.Size;
        for (long i = 0; i < n * n; i++)
        {
            one.Bytes.Span.Slice((int)(i / n) * size, size).CopyTo(a.Bytes.Span[((int)i * size)..]);
            one.Bytes.Span.Slice((int)(i % n) * size, size).CopyTo(b.Bytes.Span[((int)i * size)..]);
        }
        return (a, b);
    }

    public static Tensor Values(DType type)
    {
        int n = type.IsFloat ? Floats.Length : Integers.Length;
        var values = Tensor.Zeros(type, Shape.Of(n));
        for (int i = 0; i < n; i++)
        {
            if (type.IsFloat)
                values.SetDouble(i, Floats[i]);
            else
                values.SetInt64(i, Integers[i]);
        }
        return values;
    }

    /// <summary>The element as an exact integer, unsigned 64-bit ones included.</summary>
    public static Int128 Integer(Tensor t, long i) => t.Type == DType.UInt64 ? (Int128)(ulong)t.GetInt64(i) : t.GetInt64(i);

    public static Int128? Expected(BinaryOp op, Int128 a, Int128 b, DType type) => op switch
    {
        BinaryOp.Add => a + b,
        BinaryOp.Sub => a - b,
        BinaryOp.Mul => a * b,
        BinaryOp.Div => b == 0 ? 0 : a / b,
        BinaryOp.Rem => b == 0 ? 0 : a % b,
        BinaryOp.FloorDiv => b == 0 ? 0 : (a - FloorMod(a, b)) / b,
        BinaryOp.FloorMod => b == 0 ? 0 : FloorMod(a, b),
        BinaryOp.Min => a < b ? a : b,
        BinaryOp.Max => a > b ? a : b,
        BinaryOp.And => a & b,
        BinaryOp.Or => a | b,
        BinaryOp.Xor => a ^ b,
        BinaryOp.Shl when b >= 0 && b < 8 * type.Size => a << (int)b,
        BinaryOp.Shr when b >= 0 && b < 8 * type.Size => a >> (int)b,
        _ => null,
    };

    public static double? Expected(BinaryOp op, double a, double b, DType type) => (op, type == DType.Float64) switch
    {
        (BinaryOp.Add, true) => a + b,
        (BinaryOp.Sub, true) => a - b,
        (BinaryOp.Mul, true) => a * b,
        (BinaryOp.Div, true) => a / b,
        (BinaryOp.Rem, true) => a % b,
        (BinaryOp.Add, false) => (float)a + (float)b,
        (BinaryOp.Sub, false) => (float)a - (float)b,
        (BinaryOp.Mul, false) => (float)a * (float)b,
        (BinaryOp.Div, false) => (float)a / (float)b,
        (BinaryOp.Rem, false) => (float)a % (float)b,
        (BinaryOp.Min, _) => a < b ? a : b,
        (BinaryOp.Max, _) => a > b ? a : b,
        _ => null,
    };

    /// <summary>The value as an element of the type: rounded.</summary>
    public static double Round(double value, DType type)
    {
        var t = Tensor.Zeros(type, Shape.Of(1));
        t.SetDouble(0, value);
        return t.GetDouble(0);
    }

    /// <summary>Equal in value, sign of zero included; any NaN equals any other.</summary>
    public static void AssertSame(double expected, double actual, string what) =>
        Assert.True(
            BitConverter.DoubleToInt64Bits(expected) == BitConverter.DoubleToInt64Bits(actual) || (double.IsNaN(expected) && double.IsNaN(actual)),
            $"{what}: expected {expected:R}, was {actual:R}");

    private static Int128 FloorMod(Int128 a, Int128 b) => ((a % b) + b) % b;
}
