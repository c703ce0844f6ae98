using System.Runtime.CompilerServices;

namespace Lathe.Loops.Managed;

/// <summary>
/// The operations of <see cref="BinaryOp"/> and <see cref="UnaryOp"/> that expression trees lack or that differ from C#.
/// Integer division by zero gives 0, and the lowest value divided by -1 wraps, so that no operand can end the process.
/// </summary>
internal static class Arithmetic
{
    /// <summary>The product of two floats is a double; what the sum loses is known exactly (D. E. Knuth's two-sum), and says whether a whole sum was rounded up to.</summary>
    public static int FloorFma(float a, float b, float c)
    {
        double product = (double)a * b, sum = product + c, taken = sum - product;
        double lost = (product - (sum - taken)) + (c - taken);
        double floor = Math.Floor(sum) - (Math.Floor(sum) == sum && lost < 0 ? 1 : 0);
        float whole = (float)floor;
        whole = whole > floor ? MathF.BitDecrement(whole) : whole;
        return whole is >= int.MinValue and < -(float)int.MinValue ? (int)whole : int.MinValue;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Min(int a, int b) => a < b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Max(int a, int b) => a > b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Min(uint a, uint b) => a < b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Max(uint a, uint b) => a > b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Min(long a, long b) => a < b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Max(long a, long b) => a > b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Min(ulong a, ulong b) => a < b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Max(ulong a, ulong b) => a > b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Min(float a, float b) => a < b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Max(float a, float b) => a > b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Min(double a, double b) => a < b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Max(double a, double b) => a > b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Min(bool a, bool b) => a & b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Max(bool a, bool b) => a | b;

    public static int Div(int a, int b) => b switch
    {
        0 => 0,
        -1 => unchecked(-a),
        _ => a / b,
    };

    public static int Rem(int a, int b) => b is 0 or -1 ? 0 : a % b;

    public static int FloorDiv(int a, int b)
    {
        int quotient = Div(a, b);
        return Rem(a, b) != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
    }

    public static int FloorMod(int a, int b)
    {
        int remainder = Rem(a, b);
        return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder;
    }

    /// <summary>For a divisor known to be positive; a constant one becomes a multiplication.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int FloorDivByPositive(int a, int b)
    {
        int quotient = a / b;
        return quotient + ((a - (quotient * b)) >> 31);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int FloorModByPositive(int a, int b)
    {
        int remainder = a % b;
        return remainder + (b & (remainder >> 31));
    }

    public static int Abs(int a) => a < 0 ? unchecked(-a) : a;

    public static long Div(long a, long b) => b switch
    {
        0 => 0,
        -1 => unchecked(-a),
        _ => a / b,
    };

    public static long Rem(long a, long b) => b is 0 or -1 ? 0 : a % b;

    public static long FloorDiv(long a, long b)
    {
        long quotient = Div(a, b);
        return Rem(a, b) != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
    }

    public static long FloorMod(long a, long b)
    {
        long remainder = Rem(a, b);
        return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder;
    }

    /// <summary>For a divisor known to be positive; a constant one becomes a multiplication.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long FloorDivByPositive(long a, long b)
    {
        long quotient = a / b;
        return quotient + ((a - (quotient * b)) >> 63);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long FloorModByPositive(long a, long b)
    {
        long remainder = a % b;
        return remainder + (b & (remainder >> 63));
    }

    public static long Abs(long a) => a < 0 ? unchecked(-a) : a;

    public static uint Div(uint a, uint b) => b == 0 ? 0 : a / b;

    public static uint Rem(uint a, uint b) => b == 0 ? 0 : a % b;

    public static ulong Div(ulong a, ulong b) => b == 0 ? 0 : a / b;

    public static ulong Rem(ulong a, ulong b) => b == 0 ? 0 : a % b;
}
