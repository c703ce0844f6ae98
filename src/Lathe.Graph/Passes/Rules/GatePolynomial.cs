using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>
/// What sums, products and integer powers of one value x and of one function f of it amount to: a(x) + f * b(x), with a and b polynomials of degree
/// 3 at most (coefficients from the constant one up). So an activation is known however its factors are spelled and ordered.
/// </summary>
internal sealed record GatePolynomial(EquatableArray<double> Plain, EquatableArray<double> Gated)
{
    private const int Terms = 4;

    /// <summary>Constants written in f32 are this near to the numbers that they stand for, in proportion.</summary>
    private const double Tolerance = 1e-5;

    /// <summary>The polynomial of a value, or null when it is none. Without a gate it is one of x alone.</summary>
    public static GatePolynomial? Of(Value value, Value x, Value? gate = null, int depth = 8)
    {
        if (value == x)
            return new(Coefficients(0, 1), Coefficients());
        if (value == gate)
            return new(Coefficients(), Coefficients(1));
        if (value.Constant is { Count: 1, Type.IsFloat: true } scalar)
            return new(Coefficients(scalar.GetDouble(0)), Coefficients());
        if (depth == 0 || value.Op is not (Add or Sub or Mul or Div or Neg or Pow))
            return null;
        if (Of(value.Node.Inputs[0], x, gate, depth - 1) is not { } left)
            return null;
        if (value.Op is Neg)
            return left.Scaled(-1);
        if (Of(value.Node.Inputs[1], x, gate, depth - 1) is not { } right)
            return null;
        return value.Op switch
        {
            Add => left.Plus(right),
            Sub => left.Plus(right.Scaled(-1)),
            Mul => left.Times(right),
            Div => right.Constant is { } divisor && divisor != 0 ? left.Scaled(1 / divisor) : null,
            _ => right.Constant is { } power ? left.Power(power) : null,
        };
    }

    /// <summary>Whether the polynomial has these coefficients, but for the rounding of constants.</summary>
    public bool Is(double[] plain, double[] gated) => Near(Plain, Coefficients(plain)) && Near(Gated, Coefficients(gated));

    private double? Constant => Gated.All(c => c == 0) && Plain.Skip(1).All(c => c == 0) ? Plain[0] : null;

    private GatePolynomial Scaled(double factor) => new([.. Plain.Select(c => c * factor)], [.. Gated.Select(c => c * factor)]);

    private GatePolynomial Plus(GatePolynomial other) => new([.. Plain.Zip(other.Plain, (a, b) => a + b)], [.. Gated.Zip(other.Gated, (a, b) => a + b)]);

    private GatePolynomial? Times(GatePolynomial other)
    {
        if (Gated.Any(c => c != 0) && other.Gated.Any(c => c != 0))
            return null;
        var plain = Product(Plain, other.Plain);
        var gated = Gated.Any(c => c != 0) ? Product(Gated, other.Plain) : Product(Plain, other.Gated);
        return plain is { } p && gated is { } g ? new(p, g) : null;
    }

    private GatePolynomial? Power(double power)
    {
        if (power is not (1 or 2 or 3))
            return null;
        GatePolynomial? result = this;
        for (int i = 1; i < power; i++)
            result = result?.Times(this);
        return result;
    }

    private static EquatableArray<double>? Product(EquatableArray<double> a, EquatableArray<double> b)
    {
        var product = new double[Terms];
        for (int i = 0; i < Terms; i++)
        {
            for (int j = 0; j < Terms; j++)
            {
                if (a[i] == 0 || b[j] == 0)
                    continue;
                if (i + j >= Terms)
                    return null;
                product[i + j] += a[i] * b[j];
            }
        }
        return product;
    }

    private static bool Near(EquatableArray<double> actual, EquatableArray<double> expected) =>
        actual.Zip(expected).All(p => Math.Abs(p.First - p.Second) <= Tolerance * Math.Abs(p.Second));

    private static EquatableArray<double> Coefficients(params double[] given) => [.. given, .. new double[Terms - given.Length]];
}
