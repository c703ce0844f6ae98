using System.Globalization;
using System.Text;
using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Targets.Llvm;

/// <summary>
/// How types and constants are written in LLVM IR. Bool is i1 in registers and i8 in memory; float16 and bfloat16 are their
/// bits, because they are storage types.
/// </summary>
internal static class IrType
{
    public static string Of(ExprType type) => OfLanes(Scalar(type.Element), type.Lanes);

    public static string InMemory(ExprType type) => OfLanes(InMemory(type.Element), type.Lanes);

    public static string InMemory(DType type) => type == DType.Bool ? "i8" : Scalar(type);

    public static string OfLanes(string scalar, int lanes) => lanes == 1 ? scalar : $"<{lanes} x {scalar}>";

    /// <summary>What follows an intrinsic's name: <c>v16f32</c>.</summary>
    public static string Suffix(ExprType type)
    {
        string element = type.Element switch
        {
            DType.Float32 => "f32",
            DType.Float64 => "f64",
            DType.Bool => "i1",
            _ => Scalar(type.Element),
        };
        return type.Lanes == 1 ? element : $"v{type.Lanes}{element}";
    }

    public static string Constant(double value, DType type) => type switch
    {
        DType.Float64 => Hex(value),
        DType.Float32 => Hex((float)value),
        DType.Float16 => BitConverter.HalfToInt16Bits((Half)value).ToString(CultureInfo.InvariantCulture),
        DType.BFloat16 => ((short)BFloat16Bits.FromSingle(RoundToOdd(value))).ToString(CultureInfo.InvariantCulture),
        _ => throw new InternalException("LATHE4220", $"a float constant has the type {type.Name}"),
    };

    public static string Constant(long value, DType type) => type == DType.Bool
        ? value != 0 ? "true" : "false"
        : value.ToString(CultureInfo.InvariantCulture);

    /// <summary>A name that IR accepts after % or @, in quotes where it needs them.</summary>
    public static string Name(string name)
    {
        bool plain = name.Length > 0 && !char.IsAsciiDigit(name[0]);
        foreach (char c in name)
            plain &= char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-' or '$';
        if (plain)
            return name;
        var quoted = new StringBuilder("\"");
        foreach (byte b in Encoding.UTF8.GetBytes(name))
        {
            if (b is < 32 or > 126 or (byte)'"' or (byte)'\\')
                quoted.Append('\\').Append(b.ToString("X2", CultureInfo.InvariantCulture));
            else
                quoted.Append((char)b);
        }
        return quoted.Append('"').ToString();
    }

    private static string Scalar(DType type) => type switch
    {
        DType.Bool => "i1",
        DType.Int8 or DType.UInt8 => "i8",
        DType.Int16 or DType.UInt16 or DType.Float16 or DType.BFloat16 => "i16",
        DType.Int32 or DType.UInt32 => "i32",
        DType.Int64 or DType.UInt64 => "i64",
        DType.Float32 => "float",
        _ => "double",
    };

    private static string Hex(double value) => $"0x{BitConverter.DoubleToInt64Bits(value):X16}";

    /// <summary>Narrows so that a second rounding to fewer bits gives what a single one would.</summary>
    private static float RoundToOdd(double value)
    {
        float near = (float)value;
        if (near == value || double.IsNaN(value))
            return near;
        int bits = BitConverter.SingleToInt32Bits(near);
        if (Math.Abs((double)near) > Math.Abs(value))
            bits--;
        return BitConverter.Int32BitsToSingle(bits | 1);
    }
}
