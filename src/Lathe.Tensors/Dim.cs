using System.Diagnostics.CodeAnalysis;

namespace Lathe.Tensors;

/// <summary>
/// One extent of a shape: a number, or a symbol that stands for a number known only when the model is bound to
/// its inputs. Arithmetic on symbols makes symbols whose name is the arithmetic (<c>n*4</c>), so equal ways of
/// computing an extent have equal names.
/// </summary>
public readonly record struct Dim
{
    private readonly long _value;

    private Dim(long value, string? symbol)
    {
        if (symbol is null && value < 0)
            throw new ModelException("LATHE1001", $"an extent must not be negative, and one is {value}");
        (_value, Symbol) = (value, symbol);
    }

    /// <summary>The symbol's name, or null when the extent is a number.</summary>
    public string? Symbol { get; }

    [MemberNotNullWhen(false, nameof(Symbol))]
    public bool IsKnown => Symbol is null;

    /// <summary>The number. Throws a <see cref="ModelException"/> that names the symbol when there is none.</summary>
    public long Value => IsKnown
        ? _value
        : throw new ModelException("LATHE1002", $"the extent '{Symbol}' is not known", next: "give the model's input shapes (--input-shapes)");

    public static Dim Named(string symbol) => new(0, symbol);

    public static implicit operator Dim(long value) => new(value, null);

    public static explicit operator long(Dim dim) => dim.Value;

    public static Dim operator +(Dim a, Dim b) => Apply(a, b, '+', checked((x, y) => checked(x + y)));

    public static Dim operator -(Dim a, Dim b) => Apply(a, b, '-', (x, y) => checked(x - y));

    public static Dim operator *(Dim a, Dim b) =>
        a is { IsKnown: true, _value: 1 } ? b : b is { IsKnown: true, _value: 1 } ? a : Apply(a, b, '*', (x, y) => checked(x * y));

    /// <summary>Division rounding down.</summary>
    public static Dim operator /(Dim a, Dim b) => b is { IsKnown: true, _value: 1 } ? a : Apply(a, b, '/', (x, y) => x / y);

    public override string ToString() => Symbol ?? _value.ToString();

    private static Dim Apply(Dim a, Dim b, char op, Func<long, long, long> f)
    {
        if (a.IsKnown && b.IsKnown)
        {
            try
            {
                return f(a._value, b._value);
            }
            catch (OverflowException)
            {
                throw new ModelException("LATHE1003", $"the extent {a}{op}{b} does not fit 64 bits");
            }
        }
        if (op is '+' or '-' && b is { IsKnown: true, _value: 0 })
            return a;
        return Named($"({a}{op}{b})");
    }
}
