using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>The rules for each kind of expression. Operands are simplified already.</summary>
internal sealed partial class ExprSimplifier
{
    private Expr SimplifyUnary(UnaryOp op, Expr a) => (op, a) switch
    {
        (UnaryOp.Neg, { Element: DType.Int64, Lanes: 1 }) => Rebuild(LinearSum.Of(new Unary(op, a))),
        (UnaryOp.Not or UnaryOp.Neg, Unary { A: var inner } u) when u.Op == op => inner,
        (UnaryOp.Not, Compare { A: { Element.IsFloat: false } } c) => c.Op switch
        {
            CompareOp.Equal => new Compare(CompareOp.NotEqual, c.A, c.B),
            CompareOp.NotEqual => new Compare(CompareOp.Equal, c.A, c.B),
            CompareOp.Less => new Compare(CompareOp.LessEqual, c.B, c.A),
            _ => new Compare(CompareOp.Less, c.B, c.A),
        },
        (UnaryOp.Not, Broadcast b) => new Broadcast(SimplifyUnary(op, b.A), b.Count),
        _ => Build.Unary(op, a),
    };

    private Expr SimplifyBinary(BinaryOp op, Expr a, Expr b)
    {
        if (a.Element.IsFloat)
            return SimplifyFloat(op, a, b);
        if (a is Broadcast x && b is Broadcast y && x.Count == y.Count)
            return new Broadcast(SimplifyBinary(op, x.A, y.A), x.Count);
        if (op is BinaryOp.Min or BinaryOp.Max or BinaryOp.And or BinaryOp.Or && a == b)
            return a;
        if (a.Element != DType.Int64)
            return Build.Binary(op, a, b);
        switch (op)
        {
            case BinaryOp.Add or BinaryOp.Sub or BinaryOp.Mul when a.Lanes == 1:
                var result = Build.Binary(op, a, b);
                return result is Binary or Unary ? Rebuild(LinearSum.Of(result)) : result;
            case BinaryOp.Add or BinaryOp.Sub or BinaryOp.Mul:
                return SimplifyRamp(Build.Binary(op, a, b));
            case BinaryOp.Min or BinaryOp.Max:
                var difference = Difference(a, b);
                if (difference.High <= 0)
                    return op == BinaryOp.Min ? a : b;
                if (difference.Low >= 0)
                    return op == BinaryOp.Min ? b : a;
                break;
            case BinaryOp.FloorDiv or BinaryOp.FloorMod when b is IntConst { Value: > 0 and var divisor }:
                return Divide(op, a, divisor);
            case BinaryOp.FloorDiv or BinaryOp.FloorMod when a is Ramp ramp && b is Broadcast { A: IntConst { Value: > 0 and var divisor } }:
                return DivideRamp(op, ramp, divisor) ?? Build.Binary(op, a, b);
            default:
                break;
        }
        return Build.Binary(op, a, b);
    }

    private Expr SimplifyRamp(Expr expr) => expr is Ramp r ? new Ramp(Simplify(r.Base), Simplify(r.Stride), r.Count) : expr;

    /// <summary>Floats: neutral elements that keep every value, and constants in the arithmetic of their type.</summary>
    private static Expr SimplifyFloat(BinaryOp op, Expr a, Expr b)
    {
        double? right = b is FloatConst c ? c.Value : b is Broadcast { A: FloatConst d } ? d.Value : null;
        double? left = a is FloatConst e ? e.Value : a is Broadcast { A: FloatConst f } ? f.Value : null;
        if (a is FloatConst x && b is FloatConst y && !x.Of.IsHalf && Fold(op, x.Value, y.Value, x.Of) is { } folded)
            return new FloatConst(folded, x.Of);
        return op switch
        {
            BinaryOp.Mul or BinaryOp.Div when right == 1 => a,
            BinaryOp.Mul when left == 1 => b,
            BinaryOp.Sub when right == 0 && !double.IsNegative(right.Value) => a,
            BinaryOp.Add when right == 0 && double.IsNegative(right.Value) => a,
            BinaryOp.Add when left == 0 && double.IsNegative(left.Value) => b,
            BinaryOp.Min or BinaryOp.Max when a == b => a,
            _ => Build.Binary(op, a, b),
        };
    }

    private static double? Fold(BinaryOp op, double a, double b, DType type)
    {
        if (type == DType.Float32)
        {
            var (x, y) = ((float)a, (float)b);
            return op switch
            {
                BinaryOp.Add => x + y,
                BinaryOp.Sub => x - y,
                BinaryOp.Mul => x * y,
                BinaryOp.Div => x / y,
                BinaryOp.Min => x < y ? x : y,
                BinaryOp.Max => x > y ? x : y,
                _ => null,
            };
        }
        return op switch
        {
            BinaryOp.Add => a + b,
            BinaryOp.Sub => a - b,
            BinaryOp.Mul => a * b,
            BinaryOp.Div => a / b,
            BinaryOp.Min => a < b ? a : b,
            BinaryOp.Max => a > b ? a : b,
            _ => null,
        };
    }

    private Expr SimplifyCompare(CompareOp op, Expr a, Expr b)
    {
        if (a is Broadcast x && b is Broadcast y && x.Count == y.Count)
            return new Broadcast(SimplifyCompare(op, x.A, y.A), x.Count);
        if (a.Element == DType.Int64)
        {
            var difference = Difference(a, b);
            bool? known = op switch
            {
                CompareOp.Less => difference.High < 0 ? true : difference.Low >= 0 ? false : null,
                CompareOp.LessEqual => difference.High <= 0 ? true : difference.Low > 0 ? false : null,
                _ when difference.Low > 0 || difference.High < 0 => op == CompareOp.NotEqual,
                _ when difference.Low == 0 && difference.High == 0 => op == CompareOp.Equal,
                _ => null,
            };
            if (known is { } value)
                return Build.ToLanes(Build.Bool(value), a.Lanes);
        }
        if (!a.Element.IsFloat && a == b)
            return Build.ToLanes(Build.Bool(op is CompareOp.Equal or CompareOp.LessEqual), a.Lanes);
        return Build.Compare(op, a, b);
    }

    private static Expr SimplifySelect(Expr condition, Expr then, Expr otherwise) => condition switch
    {
        _ when then == otherwise => then,
        Unary { Op: UnaryOp.Not, A: var inner } => Build.Select(inner, otherwise, then),
        _ => Build.Select(condition, then, otherwise),
    };

    private Expr SimplifyCast(DType to, Expr a) => a switch
    {
        // Widening that only undid a narrowing which lost nothing.
        Cast { To: var middle, A: { Element: DType.Int64 } inner } when to == DType.Int64 && middle.IsInteger
            && RangeOf(inner) is var range && RangeOfType(middle) is var limits && range.Low >= limits.Low && range.High <= limits.High => inner,
        FloatConst { Of: DType.Float32 or DType.Float64 } c when to is DType.Float32 => new FloatConst((float)c.Value, to),
        FloatConst { Of: DType.Float32 } c when to is DType.Float64 => new FloatConst((float)c.Value, to),
        _ => Build.Cast(to, a),
    };

    /// <summary>The range of a - b, without wrapping.</summary>
    private Interval Difference(Expr a, Expr b)
    {
        if (a.Lanes > 1)
            return RangeOf(a) + (RangeOf(b) * -1);
        var direct = RangeOf(a) + (RangeOf(b) * -1);
        var sums = LinearSum.Of(a).Minus(LinearSum.Of(b)).Range(RangeOf);
        // The difference of the sums is the true one up to multiples of 2^64, so it is exact where both fit.
        return direct.FitsInt64 && sums.FitsInt64 ? sums.Intersect(direct) : direct;
    }

    /// <summary>Floor division or remainder of a scalar by a constant.</summary>
    private Expr Divide(BinaryOp op, Expr a, long divisor)
    {
        if (a is Binary { Op: BinaryOp.FloorDiv, A: var inner, B: IntConst { Value: > 0 and var first } } && op == BinaryOp.FloorDiv
            && Math.BigMul(first, divisor, out long product) == 0 && product > 0)
            return Divide(op, inner, product);
        if (a is Binary { Op: BinaryOp.FloorMod, A: var dividend, B: IntConst { Value: > 0 and var modulus } } && op == BinaryOp.FloorMod && modulus % divisor == 0)
            return Divide(op, dividend, divisor);
        var sum = LinearSum.Of(a);
        if (!sum.Range(RangeOf).FitsInt64)
            return Build.Binary(op, a, divisor);
        var (quotient, remainder) = sum.Divide(divisor);
        var range = remainder.Range(RangeOf);
        var whole = Interval.FloorDiv(range.Low, divisor);
        if (whole == Interval.FloorDiv(range.High, divisor) && whole >= long.MinValue && whole <= long.MaxValue)
        {
            var (result, times) = op == BinaryOp.FloorDiv ? (quotient, (long)whole) : (remainder, unchecked(-(long)whole * divisor));
            result.Add((Expr)times, 1);
            return Rebuild(result);
        }
        if (!range.FitsInt64)
            return Build.Binary(op, a, divisor);

        // What all factors have in common cancels; of the constant, only its whole multiples count.
        long common = remainder.Terms.Aggregate(divisor, (g, t) => (long)Gcd(g, t.Factor));
        var scaled = new LinearSum();
        foreach (var (term, factor) in remainder.Terms)
            scaled.Add(term, factor / common);
        scaled.Add((Expr)(remainder.Constant / common), 1);
        var left = Rebuild(scaled);
        var rest = left is Binary { Op: BinaryOp.FloorDiv or BinaryOp.FloorMod } && left != a ? Divide(op, left, divisor / common) : Build.Binary(op, left, divisor / common);
        var total = new LinearSum();
        if (op == BinaryOp.FloorDiv)
        {
            total.Add(quotient, 1);
            total.Add(rest, 1);
        }
        else
        {
            total.Add(rest, common);
            total.Add((Expr)(remainder.Constant % common), 1);
        }
        return Rebuild(total);
    }

    /// <summary>A ramp within one multiple of the divisor has one quotient, and its remainders are a ramp.</summary>
    private Expr? DivideRamp(BinaryOp op, Ramp ramp, long divisor)
    {
        if (ramp.Stride is not IntConst { Value: var stride } || !RangeOf(ramp).FitsInt64)
            return null;
        var start = LinearSum.Of(ramp.Base);
        if (!start.Range(RangeOf).FitsInt64 || !(start.Range(RangeOf) + (new Interval(0, ramp.Count - 1) * stride)).FitsInt64)
            return null;
        var (quotient, remainder) = start.Divide(divisor);
        var range = remainder.Range(RangeOf) + (new Interval(0, ramp.Count - 1) * stride);
        var whole = Interval.FloorDiv(range.Low, divisor);
        if (whole != Interval.FloorDiv(range.High, divisor))
            return null;
        var (result, times) = op == BinaryOp.FloorDiv ? (quotient, (long)whole) : (remainder, -(long)whole * divisor);
        result.Add((Expr)times, 1);
        return op == BinaryOp.FloorDiv ? new Broadcast(Rebuild(result), ramp.Count) : new Ramp(Rebuild(result), ramp.Stride, ramp.Count);
    }

    private static UInt128 Gcd(Int128 a, Int128 b)
    {
        var (x, y) = (Int128.Abs(a), Int128.Abs(b));
        while (y != 0)
            (x, y) = (y, x % y);
        return (UInt128)x;
    }
}
