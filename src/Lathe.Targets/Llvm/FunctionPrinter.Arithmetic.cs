using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Targets.Llvm;

internal sealed partial class FunctionPrinter
{
    private IrValue Unary(UnaryOp op, IrValue a)
    {
        if (a.Element.IsHalf)
        {
            if (op is UnaryOp.Neg)
                return Op2("xor", a, Bits(short.MinValue, a.Type));
            if (op is UnaryOp.Abs)
                return Op2("and", a, Bits(short.MaxValue, a.Type));
            return Convert(Unary(op, Convert(a, DType.Float32)), a.Element);
        }
        bool isFloat = a.Element.IsFloat;
        return op switch
        {
            UnaryOp.Neg when isFloat => Op(a.Type, $"fneg {a.Typed}"),
            UnaryOp.Neg when a.Element == DType.Bool => a,
            UnaryOp.Neg when a.IsIndex => Op(a.Type, $"sub nsw {IrType.Of(a.Type)} zeroinitializer, {a.Text}", true),
            UnaryOp.Neg => Op(a.Type, $"sub {IrType.Of(a.Type)} zeroinitializer, {a.Text}"),
            UnaryOp.Not => Op2("xor", a, a.Element == DType.Bool ? Bits(1, a.Type) : Bits(-1, a.Type)),
            UnaryOp.Abs when isFloat => Intrinsic("fabs", a),
            UnaryOp.Abs when a.Element.IsSigned => Op(a.Type, $"call {IrType.Of(a.Type)} @{AbsName(a.Type)}({a.Typed}, i1 false)"),
            UnaryOp.Sqrt => Intrinsic("sqrt", a),
            UnaryOp.Reciprocal => Reciprocal(a),
            _ when !isFloat => a,
            _ => Round(op, a),
        };
    }

    /// <summary>
    /// With AVX-512, an estimate of 14 bits and a step of Newton's method. Division, which keeps a divider busy for 16 cycles there, elsewhere.
    /// </summary>
    private IrValue Reciprocal(IrValue a)
    {
        var one = Constant(1, a.Type);
        if (!Facts.EstimatesReciprocals || a.Element != DType.Float32 || a.Lanes != 16)
            return Op2("fdiv", one, a);
        string floats = IrType.Of(a.Type);
        string estimate = _module.Declare("llvm.x86.avx512.rcp14.ps.512", floats, floats, floats, "i16");
        var near = Op(a.Type, $"call {floats} @{estimate}({a.Typed}, {floats} poison, i16 -1)");
        return Intrinsic("fma", Intrinsic("fma", Op(a.Type, $"fneg {a.Typed}"), near, one), near, near);
    }

    private string AbsName(ExprType type) =>
        _module.Declare($"llvm.abs.{IrType.Suffix(type)}", IrType.Of(type), IrType.Of(type), "i1");

    private IrValue Binary(BinaryOp op, IrValue a, IrValue b)
    {
        if (a.Type != b.Type)
            throw Bug("LATHE4224", $"{_function}: {op} of {a.Type} and {b.Type}");
        if (a.Literal is { } x && b.Literal is { } y && a.Element == DType.Int64 && Loops.Build.Binary(op, x, y) is IntConst folded)
            return IrValue.Integer(folded.Value);
        return a.Element switch
        {
            DType.Bool => BoolBinary(op, a, b),
            DType.Float16 or DType.BFloat16 => Convert(FloatBinary(op, Convert(a, DType.Float32), Convert(b, DType.Float32)), a.Element),
            DType.Float32 or DType.Float64 => FloatBinary(op, a, b),
            _ => IntegerBinary(op, a, b),
        };
    }

    private IrValue BoolBinary(BinaryOp op, IrValue a, IrValue b) => op switch
    {
        BinaryOp.And or BinaryOp.Mul or BinaryOp.Min => Op2("and", a, b),
        BinaryOp.Or or BinaryOp.Add or BinaryOp.Max => Op2("or", a, b),
        BinaryOp.Xor or BinaryOp.Sub => Op2("xor", a, b),
        _ => throw Bug("LATHE4225", $"{_function}: {op} of bool"),
    };

    private IrValue FloatBinary(BinaryOp op, IrValue a, IrValue b) => op switch
    {
        BinaryOp.Add => Op2("fadd", a, b),
        BinaryOp.Sub => Op2("fsub", a, b),
        BinaryOp.Mul => Op2("fmul", a, b),
        BinaryOp.Div => Op2("fdiv", a, b),
        BinaryOp.Rem => Remainder(a, b),
        BinaryOp.Min => Choose(Op(a.Type.WithElement(DType.Bool), $"fcmp olt {a.Typed}, {b.Text}"), a, b),
        BinaryOp.Max => Choose(Op(a.Type.WithElement(DType.Bool), $"fcmp ogt {a.Typed}, {b.Text}"), a, b),
        _ => throw Bug("LATHE4225", $"{_function}: {op} of floats"),
    };

    private IrValue IntegerBinary(BinaryOp op, IrValue a, IrValue b)
    {
        bool signed = a.Element.IsSigned;
        bool isIndex = a.IsIndex && b.IsIndex;
        bool bothPositive = a.IsNonNegative && b.IsNonNegative;
        string wrap = isIndex && a.Element == DType.Int64 ? bothPositive ? " nuw nsw" : " nsw" : "";
        return op switch
        {
            BinaryOp.Add => Op(a.Type, $"add{wrap} {a.Typed}, {b.Text}", isIndex, isIndex && bothPositive),
            BinaryOp.Sub => Op(a.Type, $"sub{(wrap.Length > 0 ? " nsw" : "")} {a.Typed}, {b.Text}", isIndex),
            BinaryOp.Mul => Op(a.Type, $"mul{wrap} {a.Typed}, {b.Text}", isIndex, isIndex && bothPositive),
            BinaryOp.Div => Divide(signed && !bothPositive ? "sdiv" : "udiv", a, b, remainder: false),
            BinaryOp.Rem => Divide(signed && !bothPositive ? "srem" : "urem", a, b, remainder: true),
            BinaryOp.FloorDiv when !signed || bothPositive => Divide("udiv", a, b, remainder: false),
            BinaryOp.FloorMod when !signed || bothPositive => Divide("urem", a, b, remainder: true),
            BinaryOp.FloorDiv => FloorDivide(a, b),
            BinaryOp.FloorMod => FloorRemainder(a, b),
            BinaryOp.Min => Intrinsic(signed ? "smin" : "umin", a, b) with { IsIndex = isIndex, IsNonNegative = bothPositive },
            BinaryOp.Max => Intrinsic(signed ? "smax" : "umax", a, b) with
            {
                IsIndex = isIndex,
                IsNonNegative = signed && (a.IsNonNegative || b.IsNonNegative),
            },
            BinaryOp.And => Op2("and", a, b) with { IsNonNegative = a.IsNonNegative || b.IsNonNegative },
            BinaryOp.Or => Op2("or", a, b),
            BinaryOp.Xor => Op2("xor", a, b),
            BinaryOp.Shl => Shift("shl", a, b),
            _ => Shift(signed ? "ashr" : "lshr", a, b),
        };
    }

    /// <summary>
    /// Division that never traps: by zero gives 0 (and so does its remainder), and the smallest integer by -1 wraps.
    /// </summary>
    private IrValue Divide(string operation, IrValue a, IrValue b, bool remainder)
    {
        bool isIndex = a.IsIndex && b.IsIndex;
        bool signed = operation[0] == 's';
        if (SplatLiteral(b) is { } divisor && divisor is not 0 and not -1)
            return Op2(operation, a, b) with { IsIndex = isIndex, IsNonNegative = a.IsNonNegative && divisor > 0 };
        var flag = a.Type.WithElement(DType.Bool);
        var one = Bits(1, a.Type);
        var zero = Bits(0, a.Type);
        var isZero = Op(flag, $"icmp eq {b.Typed}, {zero.Text}");
        var safe = Choose(isZero, one, b);
        if (!signed)
            return Choose(isZero, zero, Op2(operation, a, safe));
        var isMinusOne = Op(flag, $"icmp eq {b.Typed}, {Bits(-1, a.Type).Text}");
        var result = Op2(operation, a, Choose(isMinusOne, one, safe));
        if (!remainder)
            result = Choose(isMinusOne, Op2("sub", zero, a), result);
        return Choose(isZero, zero, result);
    }

    private IrValue FloorDivide(IrValue a, IrValue b)
    {
        if (SplatLiteral(b) is > 0 and var divisor && long.IsPow2(divisor))
            return Op2("ashr", a, Bits(long.Log2(divisor), a.Type)) with { IsIndex = a.IsIndex && b.IsIndex };
        var quotient = Divide("sdiv", a, b, remainder: false);
        var remainder = Divide("srem", a, b, remainder: true);
        var adjusted = Op2("sub", quotient, Bits(1, a.Type));
        return Choose(SignsDiffer(remainder, b), adjusted, quotient) with { IsIndex = a.IsIndex && b.IsIndex };
    }

    private IrValue FloorRemainder(IrValue a, IrValue b)
    {
        bool isIndex = a.IsIndex && b.IsIndex;
        if (SplatLiteral(b) is > 0 and var divisor && long.IsPow2(divisor))
            return Op2("and", a, Bits(divisor - 1, a.Type)) with { IsIndex = isIndex, IsNonNegative = true };
        var remainder = Divide("srem", a, b, remainder: true);
        var adjusted = Op2("add", remainder, b);
        return Choose(SignsDiffer(remainder, b), adjusted, remainder) with
        {
            IsIndex = isIndex,
            IsNonNegative = SplatLiteral(b) is > 0,
        };
    }

    /// <summary>Whether a remainder is not zero and points away from its divisor, so that rounding down differs from truncation.</summary>
    private IrValue SignsDiffer(IrValue remainder, IrValue divisor)
    {
        var flag = remainder.Type.WithElement(DType.Bool);
        var zero = Bits(0, remainder.Type);
        if (SplatLiteral(divisor) is > 0)
            return Op(flag, $"icmp slt {remainder.Typed}, {zero.Text}");
        var isInexact = Op(flag, $"icmp ne {remainder.Typed}, {zero.Text}");
        var mixed = Op(flag, $"icmp slt {Op2("xor", remainder, divisor).Typed}, {zero.Text}");
        return Op2("and", isInexact, mixed);
    }

    /// <summary>Shifts by the width or more give what shifting bit by bit does.</summary>
    private IrValue Shift(string operation, IrValue a, IrValue b)
    {
        int width = 8 * a.Element.Size;
        if (SplatLiteral(b) is >= 0 and var amount && amount < width)
            return Op2(operation, a, b);
        var fits = Op(a.Type.WithElement(DType.Bool), $"icmp ult {b.Typed}, {Bits(width, a.Type).Text}");
        var safe = Choose(fits, b, Bits(width - 1, a.Type));
        var shifted = Op2(operation, a, safe);
        return operation == "ashr" ? shifted : Choose(fits, shifted, Bits(0, a.Type));
    }

    private IrValue Compare(CompareOp op, IrValue a, IrValue b)
    {
        if (a.Element.IsHalf)
            (a, b) = (Convert(a, DType.Float32), Convert(b, DType.Float32));
        string sign = a.Element.IsSigned ? "s" : "u";
        string test = (a.Element.IsFloat, op) switch
        {
            (true, CompareOp.Equal) => "fcmp oeq",
            (true, CompareOp.NotEqual) => "fcmp une",
            (true, CompareOp.Less) => "fcmp olt",
            (true, _) => "fcmp ole",
            (false, CompareOp.Equal) => "icmp eq",
            (false, CompareOp.NotEqual) => "icmp ne",
            (false, CompareOp.Less) => $"icmp {sign}lt",
            _ => $"icmp {sign}le",
        };
        if (a.Literal is { } x && b.Literal is { } y && a.Element == DType.Int64)
        {
            bool holds = op switch { CompareOp.Equal => x == y, CompareOp.NotEqual => x != y, CompareOp.Less => x < y, _ => x <= y };
            return Bits(holds ? 1 : 0, new ExprType(DType.Bool));
        }
        return Op(a.Type.WithElement(DType.Bool), $"{test} {a.Typed}, {b.Text}");
    }

    /// <summary>A target without the instruction rounds twice; a call of libm's fma would be slow and undefined.</summary>
    private IrValue Fma(IrValue a, IrValue b, IrValue c)
    {
        if (a.Element.IsHalf)
            return Convert(Fma(Convert(a, DType.Float32), Convert(b, DType.Float32), Convert(c, DType.Float32)), a.Element);
        return !a.Element.IsFloat ? Binary(BinaryOp.Add, Binary(BinaryOp.Mul, a, b), c)
            : Facts.HasFma ? Intrinsic("fma", a, b, c)
            : Op2("fadd", Op2("fmul", a, b), c);
    }

    /// <summary>The constant that all lanes have.</summary>
    private static long? SplatLiteral(IrValue value)
    {
        if (value.Lanes == 1)
            return value.Literal;
        int space = value.Text.StartsWith("splat (", StringComparison.Ordinal) ? value.Text.LastIndexOf(' ') : -1;
        return space > 0 && long.TryParse(value.Text.AsSpan(space + 1, value.Text.Length - space - 2), out long literal) ? literal : null;
    }
}
