using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// a to the power b, elementwise, in a's element type; b may be of another. Integer powers of integers wrap, and negative ones
/// are 0 unless a is 1 or -1; exponents above 63 count as 62 or 63, whichever is as odd. Other powers of integers are computed in f64 and truncated.
/// </summary>
public sealed record Pow : ElementwiseOp
{
    public override int Arity => 2;

    public override Expr Apply(IReadOnlyList<Expr> inputs, DType output)
    {
        var (a, b) = (inputs[0], inputs[1]);
        if (output.IsFloat)
            return Build.Call(Intrinsic.Pow, a, Build.Cast(output, b));
        return b.Element.IsFloat ? Fractional(a, b) : Integral(a, b);
    }

    public override DType InferElement(IReadOnlyList<DType> inputs)
    {
        ElementTypes.Number(this, inputs[1]);
        return ElementTypes.Number(this, inputs[0]);
    }

    private static Expr Fractional(Expr a, Expr b)
    {
        var value = Build.Call(Intrinsic.Pow, Build.Cast(DType.Float64, a), Build.Cast(DType.Float64, b));
        var power = new Var("power", value.Type);
        var nearest = Build.Unary(UnaryOp.RoundEven, power);
        var isNear = Build.Unary(UnaryOp.Abs, power - nearest) <= Build.Unary(UnaryOp.Abs, power) * Build.Const(1e-12, DType.Float64);
        return new Let(power, value, Build.Cast(a.Element, Build.Select(isNear, nearest, power)));
    }

    private static Expr Integral(Expr a, Expr b)
    {
        var wide = Build.Cast(DType.Int64, b);
        var exponent = Build.Select(wide > 63, (wide & 1) + 62, wide);
        var one = Build.Int(1, a.Element);
        var squares = Enumerable.Range(0, 6).Select(i => new Var($"square{i}", a.Type)).ToArray();
        Expr Bit(int i) => Build.Equal(Build.Binary(BinaryOp.Shr, exponent, i) & 1, 1);
        Expr result = one;
        for (int i = 0; i < squares.Length; i++)
            result *= Build.Select(Bit(i), squares[i], one);
        var isOdd = Bit(0);
        var inverse = Build.Select(Build.Equal(a, one), one, Build.Int(0, a.Element));
        if (a.Element.IsSigned)
            inverse = Build.Select(Build.Equal(a, Build.Int(-1, a.Element)), Build.Select(isOdd, Build.Int(-1, a.Element), one), inverse);
        if (b.Element.IsSigned)
            result = Build.Select(exponent < 0, inverse, result);
        for (int i = squares.Length - 1; i >= 0; i--)
            result = new Let(squares[i], i == 0 ? a : squares[i - 1] * squares[i - 1], result);
        return result;
    }
}
