using Lathe.Tensors;

namespace Lathe.Loops.Managed;

/// <summary>Conversions of <see cref="Cast"/> and <see cref="Bitcast"/> between representations (see <see cref="Representation"/>).</summary>
internal static class Conversions
{
    /// <summary>Rounds to the nearest float16, ties to even.</summary>
    public static float RoundFloat16(float a) => (float)(Half)a;

    public static float RoundBFloat16(float a) => BFloat16Bits.ToSingle(BFloat16Bits.FromSingle(a));

    public static int ToInt8(double a) => double.IsNaN(a) ? 0 : (int)Math.Clamp(a, sbyte.MinValue, sbyte.MaxValue);

    public static int ToInt16(double a) => double.IsNaN(a) ? 0 : (int)Math.Clamp(a, short.MinValue, short.MaxValue);

    public static int ToInt32(double a) => double.ConvertToInteger<int>(a);

    public static long ToInt64(double a) => double.ConvertToInteger<long>(a);

    public static int ToUInt8(double a) => double.IsNaN(a) ? 0 : (int)Math.Clamp(a, byte.MinValue, byte.MaxValue);

    public static int ToUInt16(double a) => double.IsNaN(a) ? 0 : (int)Math.Clamp(a, ushort.MinValue, ushort.MaxValue);

    public static uint ToUInt32(double a) => double.ConvertToInteger<uint>(a);

    public static ulong ToUInt64(double a) => double.ConvertToInteger<ulong>(a);

    /// <summary>Rounded once: the low bit is kept sticky where the value needs halving.</summary>
    public static float ToFloat32(ulong a) => (long)a >= 0 ? (long)a : (long)((a >> 1) | (a & 1)) * 2f;

    public static double ToFloat64(ulong a) => (long)a >= 0 ? (long)a : (long)((a >> 1) | (a & 1)) * 2d;

    public static long BitsOfFloat16(float a) => BitConverter.HalfToInt16Bits((Half)a);

    public static long BitsOfBFloat16(float a) => BFloat16Bits.FromSingle(a);

    public static long BitsOfFloat32(float a) => BitConverter.SingleToInt32Bits(a);

    public static long BitsOfFloat64(double a) => BitConverter.DoubleToInt64Bits(a);

    public static float Float16OfBits(long bits) => (float)BitConverter.Int16BitsToHalf((short)bits);

    public static float BFloat16OfBits(long bits) => BFloat16Bits.ToSingle((ushort)bits);

    public static float Float32OfBits(long bits) => BitConverter.Int32BitsToSingle((int)bits);

    public static double Float64OfBits(long bits) => BitConverter.Int64BitsToDouble(bits);
}
