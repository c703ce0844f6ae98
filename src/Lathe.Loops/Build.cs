using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>
/// Makes expressions: folds constants and neutral elements, and broadcasts scalars that meet vectors. The parser does
/// not use it, so that text is read as written.
/// </summary>
public static class Build
{
    public static Expr Int(long value, DType type) => new IntConst(value, type);

    public static Expr Bool(bool value) => new IntConst(value ? 1 : 0, DType.Bool);

    /// <summary>A constant of any element type.</summary>
    public static Expr Const(double value, DType type) => type.IsFloat ? new FloatConst(value, type) : new IntConst((long)value, type);

    /// <summary>The neutral element of a reduction.</summary>
    public static Expr Identity(ReduceOp op, DType type) => op switch
    {
        ReduceOp.Sum => Const(0, type),
        ReduceOp.Product => Const(1, type),
        ReduceOp.Max => Lowest(type),
        _ => Highest(type),
    };

    public static Expr Lowest(DType type) => type switch
    {
        _ when type.IsFloat => new FloatConst(double.NegativeInfinity, type),
        _ when !type.IsSigned => new IntConst(0, type),
        _ => new IntConst(long.MinValue >> (64 - (8 * type.Size)), type),
    };

    public static Expr Highest(DType type) => type switch
    {
        _ when type.IsFloat => new FloatConst(double.PositiveInfinity, type),
        DType.Bool => new IntConst(1, type),
        DType.UInt64 => new IntConst(-1, type),
        _ when !type.IsSigned => new IntConst((1L << (8 * type.Size)) - 1, type),
        _ => new IntConst(long.MaxValue >> (64 - (8 * type.Size)), type),
    };

    public static Expr Unary(UnaryOp op, Expr a) => (op, a) switch
    {
        (UnaryOp.Neg, IntConst c) => new IntConst(Wrap(-c.Value, c.Of), c.Of),
        (UnaryOp.Neg, FloatConst c) => new FloatConst(-c.Value, c.Of),
        (UnaryOp.Not, IntConst { Of: DType.Bool } c) => Bool(c.Value == 0),
        _ => new Unary(op, a),
    };

    public static Expr Binary(BinaryOp op, Expr a, Expr b)
    {
        (a, b) = SameLanes(a, b);
        if (a is IntConst x && b is IntConst y && x.Of == y.Of && Fold(op, x.Value, y.Value, x.Of) is { } value)
            return new IntConst(Wrap(value, x.Of), x.Of);
        if (a is Broadcast { A: var p, Count: var n } && b is Broadcast { A: var q })
            return new Broadcast(Binary(op, p, q), n);
        if (!a.Element.IsFloat && Ramps(op, a, b) is { } ramp)
            return ramp;
        return op switch
        {
            BinaryOp.Add when IsInt(a, 0) => b,
            BinaryOp.Add or BinaryOp.Sub or BinaryOp.Shl or BinaryOp.Shr when IsInt(b, 0) => a,
            BinaryOp.Mul when IsInt(a, 1) => b,
            BinaryOp.Mul or BinaryOp.Div or BinaryOp.FloorDiv when IsInt(b, 1) => a,
            BinaryOp.Mul when IsInt(a, 0) => a,
            BinaryOp.Mul when IsInt(b, 0) => b,
            BinaryOp.FloorDiv when IsInt(a, 0) => a,
            BinaryOp.FloorMod when IsInt(b, 1) => ToLanes(new IntConst(0, b.Element), a.Lanes),
            BinaryOp.And when a.Element == DType.Bool && IsInt(a, 1) => b,
            BinaryOp.And when a.Element == DType.Bool && IsInt(b, 1) => a,
            BinaryOp.And when a.Element == DType.Bool && (IsInt(a, 0) || IsInt(b, 0)) => ToLanes(Bool(false), a.Lanes),
            BinaryOp.Or when a.Element == DType.Bool && IsInt(a, 0) => b,
            BinaryOp.Or when a.Element == DType.Bool && IsInt(b, 0) => a,
            BinaryOp.Or when a.Element == DType.Bool && (IsInt(a, 1) || IsInt(b, 1)) => ToLanes(Bool(true), a.Lanes),
            BinaryOp.Add when a is Binary { Op: BinaryOp.Add, A: var base1, B: IntConst c1 } && b is IntConst c2 =>
                Binary(BinaryOp.Add, base1, new IntConst(Wrap(c1.Value + c2.Value, c1.Of), c1.Of)),
            BinaryOp.Sub when b is IntConst { Value: not long.MinValue } c && c.Of == DType.Int64 => Binary(BinaryOp.Add, a, new IntConst(-c.Value, c.Of)),
            _ => new Binary(op, a, b),
        };
    }

    public static Expr Compare(CompareOp op, Expr a, Expr b)
    {
        (a, b) = SameLanes(a, b);
        if (a is IntConst x && b is IntConst y && x.Of.IsSigned)
        {
            return Bool(op switch
            {
                CompareOp.Equal => x.Value == y.Value,
                CompareOp.NotEqual => x.Value != y.Value,
                CompareOp.Less => x.Value < y.Value,
                _ => x.Value <= y.Value,
            });
        }
        return a is Broadcast { A: var p, Count: var n } && b is Broadcast { A: var q }
            ? new Broadcast(Compare(op, p, q), n)
            : new Compare(op, a, b);
    }

    public static Expr Equal(Expr a, Expr b) => Compare(CompareOp.Equal, a, b);

    public static Expr FloorDiv(Expr a, Expr b) => Binary(BinaryOp.FloorDiv, a, b);

    public static Expr FloorMod(Expr a, Expr b) => Binary(BinaryOp.FloorMod, a, b);

    public static Expr Min(Expr a, Expr b) => Binary(BinaryOp.Min, a, b);

    public static Expr Max(Expr a, Expr b) => Binary(BinaryOp.Max, a, b);

    /// <summary>Keeps an index that a guard will discard in bounds: 0 to extent - 1.</summary>
    public static Expr Clamp(Expr index, long extent) => Max(Min(index, Math.Max(extent - 1, 0)), 0);

    public static Expr Select(Expr condition, Expr then, Expr otherwise)
    {
        if (condition is IntConst c)
            return c.Value != 0 ? then : otherwise;
        if (condition is Broadcast { A: IntConst b })
            return b.Value != 0 ? then : otherwise;
        int lanes = Math.Max(condition.Lanes, Math.Max(then.Lanes, otherwise.Lanes));
        return new Select(ToLanes(condition, lanes), ToLanes(then, lanes), ToLanes(otherwise, lanes));
    }

    public static Expr Cast(DType to, Expr a)
    {
        if (a.Element == to)
            return a;
        return a switch
        {
            IntConst c when to.IsFloat && c.Of.IsSigned => new FloatConst(c.Value, to),
            IntConst c when to.IsInteger => new IntConst(Wrap(c.Value, to), to),
            Broadcast b => new Broadcast(Cast(to, b.A), b.Count),
            _ => new Cast(to, a),
        };
    }

    public static Expr Call(Intrinsic function, params Expr[] arguments)
    {
        int lanes = arguments.Max(a => a.Lanes);
        return new Call(function, arguments.Select(a => ToLanes(a, lanes)).ToEquatableArray());
    }

    public static Expr Fma(Expr a, Expr b, Expr c) => Call(Intrinsic.Fma, a, b, c);

    public static Expr FloorFma(Expr a, Expr b, Expr c)
    {
        int lanes = Math.Max(Math.Max(a.Lanes, b.Lanes), c.Lanes);
        return new FloorFma(ToLanes(a, lanes), ToLanes(b, lanes), ToLanes(c, lanes));
    }

    /// <summary>A ramp of stride 1; one lane is the base itself.</summary>
    public static Expr Lane(Expr start, int lanes) => lanes == 1 ? start : new Ramp(start, 1, lanes);

    /// <summary>Broadcasts a scalar; a vector must already have that many lanes.</summary>
    public static Expr ToLanes(Expr a, int lanes) => a.Lanes == lanes ? a : new Broadcast(a, lanes);

    public static int LanesOf(EquatableArray<Expr> indices)
    {
        int lanes = 1;
        foreach (var index in indices)
            lanes = Math.Max(lanes, index.Lanes);
        return lanes;
    }

    /// <summary>Combines two values as a reduction does; the accumulator is the first operand.</summary>
    public static Expr Combine(ReduceOp op, Expr accumulator, Expr value) => op switch
    {
        ReduceOp.Sum => accumulator + value,
        ReduceOp.Product => accumulator * value,
        ReduceOp.Min => Min(accumulator, value),
        _ => Max(accumulator, value),
    };

    /// <summary>Wraps an integer to the width of its type.</summary>
    public static long Wrap(long value, DType type) => type switch
    {
        DType.Bool => value != 0 ? 1 : 0,
        DType.Int8 => (sbyte)value,
        DType.Int16 => (short)value,
        DType.Int32 => (int)value,
        DType.UInt8 => (byte)value,
        DType.UInt16 => (ushort)value,
        DType.UInt32 => (uint)value,
        _ => value,
    };

    private static (Expr A, Expr B) SameLanes(Expr a, Expr b)
    {
        int lanes = Math.Max(a.Lanes, b.Lanes);
        return (ToLanes(a, lanes), ToLanes(b, lanes));
    }

    private static bool IsInt(Expr e, long value) =>
        e is IntConst c ? c.Value == value : e is Broadcast { A: IntConst b } && b.Value == value;

    private static Expr? Ramps(BinaryOp op, Expr a, Expr b) => (op, a, b) switch
    {
        (BinaryOp.Add, Ramp r, Broadcast s) => new Ramp(r.Base + s.A, r.Stride, r.Count),
        (BinaryOp.Add, Broadcast s, Ramp r) => new Ramp(s.A + r.Base, r.Stride, r.Count),
        (BinaryOp.Add, Ramp r, Ramp s) => new Ramp(r.Base + s.Base, r.Stride + s.Stride, r.Count),
        (BinaryOp.Sub, Ramp r, Broadcast s) => new Ramp(r.Base - s.A, r.Stride, r.Count),
        (BinaryOp.Mul, Ramp r, Broadcast s) => new Ramp(r.Base * s.A, r.Stride * s.A, r.Count),
        (BinaryOp.Mul, Broadcast s, Ramp r) => new Ramp(s.A * r.Base, s.A * r.Stride, r.Count),
        _ => null,
    };

    private static long? Fold(BinaryOp op, long a, long b, DType type) => op switch
    {
        BinaryOp.Add => a + b,
        BinaryOp.Sub => a - b,
        BinaryOp.Mul => a * b,
        BinaryOp.Div when b is not (0 or -1) && type.IsSigned => a / b,
        BinaryOp.FloorDiv when b > 0 && type.IsSigned => (long)Math.Floor((decimal)a / b),
        BinaryOp.FloorMod when b > 0 && type.IsSigned => ((a % b) + b) % b,
        BinaryOp.Min when type.IsSigned => Math.Min(a, b),
        BinaryOp.Max when type.IsSigned => Math.Max(a, b),
        BinaryOp.And => a & b,
        BinaryOp.Or => a | b,
        BinaryOp.Xor => a ^ b,
        _ => null,
    };
}
