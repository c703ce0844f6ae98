namespace Lathe.Loops;

/// <summary>All integers from Low to High. Ends are wider than i64, so that sums and products of i64 ranges are exact.</summary>
internal readonly record struct Interval(Int128 Low, Int128 High)
{
    /// <summary>Every i64.</summary>
    public static Interval All { get; } = new(long.MinValue, long.MaxValue);

    public bool FitsInt64 => Low >= long.MinValue && High <= long.MaxValue;

    public static Interval Of(Int128 value) => new(value, value);

    public static Interval operator +(Interval a, Interval b) => new(a.Low + b.Low, a.High + b.High);

    public static Interval operator *(Interval a, long factor) =>
        factor >= 0 ? new(a.Low * factor, a.High * factor) : new(a.High * factor, a.Low * factor);

    public Interval Union(Interval other) => new(Int128.Min(Low, other.Low), Int128.Max(High, other.High));

    public Interval Intersect(Interval other) => new(Int128.Max(Low, other.Low), Int128.Min(High, other.High));

    public static Int128 FloorDiv(Int128 a, long divisor)
    {
        var quotient = a / divisor;
        return a % divisor < 0 ? quotient - 1 : quotient;
    }
}
