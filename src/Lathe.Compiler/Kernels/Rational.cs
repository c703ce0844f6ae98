namespace Lathe.Compilation.Kernels;

/// <summary>An exact fraction in lowest terms, of small numbers; arithmetic that leaves 64 bits throws.</summary>
internal readonly record struct Rational
{
    private readonly long _over;

    public Rational(long numerator, long denominator = 1)
    {
        long common = Gcd(Math.Abs(numerator), Math.Abs(denominator)) * Math.Sign(denominator);
        (Numerator, _over) = (numerator / common, denominator / common - 1);
    }

    public long Numerator { get; }

    /// <summary>Positive.</summary>
    public long Denominator => _over + 1;

    public static implicit operator Rational(long value) => new(value);

    public static explicit operator double(Rational value) => (double)value.Numerator / value.Denominator;

    public static Rational operator +(Rational a, Rational b) =>
        checked(new((a.Numerator * b.Denominator) + (b.Numerator * a.Denominator), a.Denominator * b.Denominator));

    public static Rational operator -(Rational a) => new(-a.Numerator, a.Denominator);

    public static Rational operator -(Rational a, Rational b) => a + -b;

    public static Rational operator *(Rational a, Rational b) => checked(new(a.Numerator * b.Numerator, a.Denominator * b.Denominator));

    public static Rational operator /(Rational a, Rational b) => checked(new(a.Numerator * b.Denominator, a.Denominator * b.Numerator));

    public override string ToString() => Denominator == 1 ? $"{Numerator}" : $"{Numerator}/{Denominator}";

    private static long Gcd(long a, long b) => b == 0 ? a : Gcd(b, a % b);
}
