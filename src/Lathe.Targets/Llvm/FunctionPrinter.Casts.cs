using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Targets.Llvm;

internal sealed partial class FunctionPrinter
{
    /// <summary>Conversion by value, as <see cref="Cast"/> defines it.</summary>
    private IrValue Convert(IrValue a, DType to)
    {
        var (from, type) = (a.Element, a.Type.WithElement(to));
        if (from == to)
            return a;
        if (to == DType.Bool)
            return IsNotZero(a);
        if (from.IsHalf)
            return Convert(Widen(a), to);
        if (to.IsHalf)
            return Narrow(from == DType.Float64 ? RoundToOdd(a) : Convert(a, DType.Float32), to);
        string ir = IrType.Of(type);
        return (from.IsFloat, to.IsFloat) switch
        {
            (true, true) => Op(type, $"{(to == DType.Float64 ? "fpext" : "fptrunc")} {a.Typed} to {ir}"),
            (false, true) => Op(type, $"{(from.IsSigned ? "sitofp" : "uitofp")} {a.Typed} to {ir}"),
            (true, false) => Saturate(a, type),
            _ when to.Size == from.Size && from != DType.Bool => new IrValue(a.Text, type),
            _ when to.Size < from.Size => Op(type, $"trunc {a.Typed} to {ir}"),
            _ => Op(type, $"{(from.IsSigned ? "sext" : "zext")} {a.Typed} to {ir}", a.IsIndex, !from.IsSigned || a.IsNonNegative),
        };
    }

    private IrValue IsNotZero(IrValue a)
    {
        var flag = a.Type.WithElement(DType.Bool);
        if (a.Element.IsHalf)
            return Op(flag, $"icmp ne {Op2("and", a, Bits(short.MaxValue, a.Type)).Typed}, {Bits(0, a.Type).Text}");
        return a.Element.IsFloat
            ? Op(flag, $"fcmp une {a.Typed}, {Constant(0, a.Type).Text}")
            : Op(flag, $"icmp ne {a.Typed}, {Bits(0, a.Type).Text}");
    }

    private IrValue Saturate(IrValue a, ExprType to)
    {
        if (to.Element.Size < 4 && to.Lanes > 1)
            return SaturateNarrow(a, to);
        string name = $"llvm.fpto{(to.Element.IsSigned ? "si" : "ui")}.sat.{IrType.Suffix(to)}.{IrType.Suffix(a.Type)}";
        return Op(to, $"call {IrType.Of(to)} @{_module.Declare(name, IrType.Of(to), IrType.Of(a.Type))}({a.Typed})");
    }

    /// <summary>
    /// Vectors of floats to 8 or 16 bits: kept in range as floats, which hold the limits exactly, and cut off as i32. LLVM would take the conversion apart
    /// into lanes. A comparison with NaN is false, which makes it the lower limit, so where that is not 0, NaN becomes 0 before.
    /// </summary>
    private IrValue SaturateNarrow(IrValue a, ExprType to)
    {
        var (flag, wide) = (a.Type.WithElement(DType.Bool), a.Type.WithElement(DType.Int32));
        int bits = 8 * to.Element.Size;
        double low = to.Element.IsSigned ? -Math.ScaleB(1, bits - 1) : 0, high = Math.ScaleB(1, to.Element.IsSigned ? bits - 1 : bits) - 1;
        if (low != 0)
            a = Choose(Op(flag, $"fcmp ord {a.Typed}, {a.Text}"), a, Constant(0, a.Type));
        a = FloatBinary(BinaryOp.Max, a, Constant(low, a.Type));
        a = FloatBinary(BinaryOp.Min, a, Constant(high, a.Type));
        return Op(to, $"trunc {Op(wide, $"fptosi {a.Typed} to {IrType.Of(wide)}").Typed} to {IrType.Of(to)}");
    }

    /// <summary>float16 or bfloat16 to float32, which is exact.</summary>
    private IrValue Widen(IrValue a)
    {
        var single = a.Type.WithElement(DType.Float32);
        var wide = a.Type.WithElement(DType.UInt32);
        if (a.Element == DType.Float16 && Facts.HasHalfConversion)
        {
            string half = IrType.OfLanes("half", a.Lanes);
            var bits = Op(a.Type, $"bitcast {a.Typed} to {half}");
            return Op(single, $"fpext {half} {bits.Text} to {IrType.Of(single)}");
        }
        var all = Op(wide, $"zext {a.Typed} to {IrType.Of(wide)}");
        if (a.Element == DType.BFloat16)
            return Reinterpret(Op2("shl", all, Bits(16, wide)), DType.Float32);
        // The exponent's bias grows by 112, by a multiplication so that subnormals become normal; infinity and NaN keep all ones.
        var magnitude = Op2("shl", Op2("and", all, Bits(0x7FFF, wide)), Bits(13, wide));
        var finite = Reinterpret(Op2("fmul", Reinterpret(magnitude, DType.Float32), Constant(Math.ScaleB(1, 112), single)), DType.UInt32);
        var special = Op2("or", magnitude, Bits(0x7F800000, wide));
        var isSpecial = Op(a.Type.WithElement(DType.Bool), $"icmp uge {magnitude.Typed}, {Bits(0x0F800000, wide).Text}");
        var sign = Op2("shl", Op2("and", all, Bits(0x8000, wide)), Bits(16, wide));
        return Reinterpret(Op2("or", Choose(isSpecial, special, finite), sign), DType.Float32);
    }

    /// <summary>float32 to float16 or bfloat16, to nearest and ties to even.</summary>
    private IrValue Narrow(IrValue a, DType to)
    {
        var type = a.Type.WithElement(to);
        if (to == DType.Float16 && Facts.HasHalfConversion)
        {
            string half = IrType.OfLanes("half", a.Lanes);
            var narrow = Op(type, $"fptrunc {a.Typed} to {half}");
            return Op(type, $"bitcast {half} {narrow.Text} to {IrType.Of(type)}");
        }
        var wide = a.Type.WithElement(DType.UInt32);
        var bits = Reinterpret(a, DType.UInt32);
        var isNan = Op(a.Type.WithElement(DType.Bool), $"fcmp uno {a.Typed}, {a.Text}");
        var result = to == DType.BFloat16 ? NarrowToBFloat16(bits, isNan) : NarrowToFloat16(bits, isNan);
        return Op(type, $"trunc {IrType.Of(wide)} {result.Text} to {IrType.Of(type)}");
    }

    private IrValue NarrowToBFloat16(IrValue bits, IrValue isNan)
    {
        var upper = Op2("lshr", bits, Bits(16, bits.Type));
        var odd = Op2("and", upper, Bits(1, bits.Type));
        var rounded = Op2("lshr", Op2("add", Op2("add", bits, Bits(0x7FFF, bits.Type)), odd), Bits(16, bits.Type));
        return Choose(isNan, Op2("or", upper, Bits(0x40, bits.Type)), rounded);
    }

    private IrValue NarrowToFloat16(IrValue bits, IrValue isNan)
    {
        var (wide, flag, single) = (bits.Type, bits.Type.WithElement(DType.Bool), bits.Type.WithElement(DType.Float32));
        var magnitude = Op2("and", bits, Bits(0x7FFFFFFF, wide));
        var sign = Op2("and", Op2("lshr", bits, Bits(16, wide)), Bits(0x8000, wide));
        var mantissa = Op2("lshr", magnitude, Bits(13, wide));
        var rounding = Op2("add", Op2("and", mantissa, Bits(1, wide)), Bits(0xFFF, wide));
        var normal = Op2("lshr", Op2("add", Op2("sub", magnitude, Bits(0x38000000, wide)), rounding), Bits(13, wide));
        // Half's smallest subnormal is the unit in the last place of 0.5, so adding 0.5 rounds to it.
        var shifted = Op2("fadd", Reinterpret(magnitude, DType.Float32), Constant(0.5, single));
        var subnormal = Op2("sub", Reinterpret(shifted, DType.UInt32), Bits(0x3F000000, wide));
        var isSmall = Op(flag, $"icmp ult {magnitude.Typed}, {Bits(0x38800000, wide).Text}");
        var isLarge = Op(flag, $"icmp uge {magnitude.Typed}, {Bits(0x47800000, wide).Text}");
        var finite = Choose(isLarge, Bits(0x7C00, wide), Choose(isSmall, subnormal, normal));
        var payload = Op2("or", Op2("and", mantissa, Bits(0x3FF, wide)), Bits(0x7E00, wide));
        return Op2("or", Choose(isNan, payload, finite), sign);
    }

    /// <summary>float64 to float32 such that a further rounding to fewer bits gives what a single one would.</summary>
    private IrValue RoundToOdd(IrValue a)
    {
        var (single, wide, flag) = (a.Type.WithElement(DType.Float32), a.Type.WithElement(DType.UInt32), a.Type.WithElement(DType.Bool));
        var near = Op(single, $"fptrunc {a.Typed} to {IrType.Of(single)}");
        var back = Op(a.Type, $"fpext {near.Typed} to {IrType.Of(a.Type)}");
        var isAway = Op(flag, $"fcmp ogt {Intrinsic("fabs", back).Typed}, {Intrinsic("fabs", a).Text}");
        var isInexact = Op(flag, $"fcmp one {back.Typed}, {a.Text}");
        var toZero = Op2("sub", Reinterpret(near, DType.UInt32), Op(wide, $"zext {isAway.Typed} to {IrType.Of(wide)}"));
        return Reinterpret(Op2("or", toZero, Op(wide, $"zext {isInexact.Typed} to {IrType.Of(wide)}")), DType.Float32);
    }
}
