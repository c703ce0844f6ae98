using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>
/// Writes straight-line code on floats of one type, scalar or vector: names what is used more than once, and closes with
/// the lets around the result. Bit patterns are integers of the same size.
/// </summary>
internal sealed class FloatCode(DType type, FreshNames names)
{
    private readonly List<(Var Name, Expr Value)> _bindings = [];

    public DType Type => type;

    public bool IsSingle => type == DType.Float32;

    private DType BitsType => IsSingle ? DType.Int32 : DType.Int64;

    /// <summary>Bits of the fraction: 23 or 52.</summary>
    private int FractionBits => IsSingle ? 23 : 52;

    /// <summary>What is added to an exponent where it stands in the bits of a number.</summary>
    public int ExponentBias => IsSingle ? 127 : 1023;

    /// <summary>1.5 * 2^FractionBits: adding it to a small number rounds that to an integer, which the low bits then hold.</summary>
    private double RoundingShift => IsSingle ? 12582912.0 : 6755399441055744.0;

    private long RoundingShiftBits => IsSingle ? 0x4B400000 : 0x4338000000000000;

    /// <summary>The code for the other float type, whose bindings join these.</summary>
    public FloatCode As(DType other) => new(other, names, _bindings);

    private FloatCode(DType type, FreshNames names, List<(Var, Expr)> bindings) : this(type, names) => _bindings = bindings;

    public Expr Constant(double value) => new FloatConst(value, type);

    /// <summary>What the constant loses when it is rounded to the type.</summary>
    public Expr Remainder(double value, double valueRemainder) => Constant(IsSingle ? value - (float)value : valueRemainder);

    public Expr Integer(long value) => new IntConst(value, BitsType);

    /// <summary>Picks the constants of this type.</summary>
    public T Pick<T>(T single, T twice) => IsSingle ? single : twice;

    public Expr Bind(string name, Expr value)
    {
        if (value is Var or IntConst or FloatConst)
            return value;
        var variable = new Var(names.Make(name), value.Type);
        _bindings.Add((variable, value));
        return variable;
    }

    /// <summary>The result with all bindings around it.</summary>
    public Expr Close(Expr result)
    {
        for (int i = _bindings.Count - 1; i >= 0; i--)
            result = new Let(_bindings[i].Name, _bindings[i].Value, result);
        return result;
    }

    public Expr Convert(Expr x) => Build.Cast(type, x);

    /// <summary>The polynomial with these coefficients, constant term first, by Horner's rule.</summary>
    public Expr Polynomial(Expr x, ReadOnlySpan<double> coefficients)
    {
        var sum = Constant(coefficients[^1]);
        for (int i = coefficients.Length - 2; i >= 0; i--)
            sum = Build.Fma(sum, x, Constant(coefficients[i]));
        return sum;
    }

    public Expr Abs(Expr x) => Build.Unary(UnaryOp.Abs, x);

    public Expr Sqrt(Expr x) => Build.Unary(UnaryOp.Sqrt, x);

    /// <summary>1 / x, where both are normal numbers.</summary>
    public Expr Reciprocal(Expr x) => Build.Unary(UnaryOp.Reciprocal, x);

    public Expr Bits(Expr x) => new Bitcast(BitsType, x);

    public Expr FromBits(Expr bits) => new Bitcast(type, bits);

    /// <summary>A magnitude, which must not be negative, with the sign of <paramref name="sign"/>; keeps -0.</summary>
    public Expr WithSign(Expr magnitude, Expr sign) => FromBits(Bits(magnitude) | SignBit(sign));

    public Expr SignBit(Expr x) => Bits(x) & Integer(IsSingle ? int.MinValue : long.MinValue);

    /// <summary>Limits from both sides; NaN stays.</summary>
    public Expr Clamp(double low, Expr x, double high) => Build.Max(Constant(low), Build.Min(Constant(high), x));

    /// <summary>Rounds to the nearest integer, as a float and as an integer. For magnitudes below 2^(FractionBits - 1).</summary>
    public (Expr Float, Expr Integer) Round(Expr x, double factor)
    {
        var shifted = Bind("shifted", Build.Fma(x, Constant(factor), Constant(RoundingShift)));
        return (Bind("n", shifted - Constant(RoundingShift)), Bind("k", Bits(shifted) - Integer(RoundingShiftBits)));
    }

    /// <summary>An integer of small magnitude as a float, without a conversion instruction that vectors of 64 bits may lack.</summary>
    public Expr ToFloat(Expr integer) =>
        IsSingle ? Build.Cast(type, integer) : FromBits(integer + Integer(RoundingShiftBits)) - Constant(RoundingShift);

    /// <summary>A number times 2 to an integer power, where both it and the result are normal numbers. NaN does not stay.</summary>
    public Expr AddToExponent(Expr x, Expr power) => FromBits(Bits(x) + ShiftLeft(power, FractionBits));

    /// <summary>2 to an integer power in the range of normal numbers.</summary>
    public Expr PowerOfTwo(Expr integer) => FromExponent(integer + Integer(ExponentBias));

    /// <summary>The power of two whose exponent, with the bias, is an integer from 1 on.</summary>
    public Expr FromExponent(Expr biased) => FromBits(ShiftLeft(biased, FractionBits));

    public Expr ShiftLeft(Expr integer, int by) => Build.Binary(BinaryOp.Shl, integer, Integer(by));

    public Expr ShiftRight(Expr integer, int by) => Build.Binary(BinaryOp.Shr, integer, Integer(by));

    /// <summary>Splits a positive number into m * 2^e with m from sqrt(1/2) to sqrt(2), both as floats.</summary>
    public (Expr Fraction, Expr Exponent) Decompose(Expr x)
    {
        var subnormal = Bind("subnormal", x < Constant(Pick(1.1754943508222875e-38, 2.2250738585072014e-308)));
        var bits = Bind("bits", Bits(Build.Select(subnormal, x * Constant(Pick(8388608.0, 18014398509481984.0)), x)));
        var exponent = Bind("e", ShiftRight(bits - Integer(Pick(0x3F3504F3, 0x3FE6A09E667F3BCD)), FractionBits));
        var fraction = FromBits(bits - ShiftLeft(exponent, FractionBits));
        return (fraction, ToFloat(exponent) - Build.Select(subnormal, Constant(Pick(23.0, 54.0)), Constant(0)));
    }

    /// <summary>The number without its lower 32 bits: products of two such doubles are exact.</summary>
    public Expr UpperHalf(Expr x) => FromBits(Bits(x) & Integer(-1L << 32));
}
