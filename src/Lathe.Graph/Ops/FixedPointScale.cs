using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// x * multiplier * 2^(shift - 31), rounded to a whole number, as i32: what integer networks do in place of a multiplication by a real. Inputs: x (i32
/// or i64), multiplier and shift (i32), which broadcast to x. The multiplier is not negative, the shift is from -31 to 30, and the result has to fit: else it wraps.
/// </summary>
public sealed record FixedPointScale(FixedPointRounding Rounding) : ElementwiseOp
{
    public override int Arity => 3;

    public override Expr Apply(IReadOnlyList<Expr> inputs, DType output)
    {
        var x = Build.Cast(DType.Int64, inputs[0]);
        var multiplier = Build.Cast(DType.Int64, inputs[1]);
        var shift = Build.Cast(DType.Int64, inputs[2]);
        return Build.Cast(output, Rounding == FixedPointRounding.Once ? Once(x * multiplier, shift) : Twice(x, multiplier, shift));
    }

    public override DType InferElement(IReadOnlyList<DType> inputs) =>
        inputs[0] is DType.Int32 or DType.Int64 && inputs[1] == DType.Int32 && inputs[2] == DType.Int32
            ? DType.Int32
            : throw new ModelException("LATHE2003", $"{Name} takes i32 or i64, i32 and i32, and was given {string.Join(", ", inputs.Select(t => t.Name))}");

    private static Expr Once(Expr product, Expr shift)
    {
        var right = Build.Max(31 - shift, 1);
        return ShiftRight(product + Build.Binary(BinaryOp.Shl, 1, right - 1), right);
    }

    private Expr Twice(Expr x, Expr multiplier, Expr shift)
    {
        var left = Build.Max(shift, 0);
        var right = Build.Max(-shift, 0);
        var product = Build.Binary(BinaryOp.Shl, x, left) * multiplier;
        var scaled = ShiftRight(product + (1L << 30), 31);
        var high = new Var("high", scaled.Type);
        var half = ShiftRight(Build.Binary(BinaryOp.Shl, 1, right), 1);
        var nudged = high + half;
        if (Rounding == FixedPointRounding.TwiceAway)
            nudged -= Build.Select((high < 0) & (right > 0), Build.Int(1, DType.Int64), Build.Int(0, DType.Int64));
        return new Let(high, scaled, ShiftRight(nudged, right));
    }

    private static Expr ShiftRight(Expr x, Expr by) => Build.Binary(BinaryOp.Shr, x, by);
}
