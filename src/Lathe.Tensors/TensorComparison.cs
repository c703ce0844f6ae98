namespace Lathe.Tensors;

/// <summary>
/// How far a tensor is from the expected one, as numpy.allclose judges: an element matches when
/// |actual - expected| &lt;= atol + rtol * |expected|; NaN matches NaN, and an infinity only itself. Errors are over the
/// elements that are finite on both sides, or infinite when an element is finite on one side only; the relative error
/// leaves out elements expected to be zero.
/// </summary>
public sealed record TensorComparison
{
    /// <summary>Why elements could not be compared (element types or shapes differ), or null.</summary>
    public string? Difference { get; private init; }

    public long Count { get; private init; }

    public long Mismatches { get; private init; }

    /// <summary>The row-major index of the first element that does not match, or -1.</summary>
    public long FirstMismatch { get; private init; } = -1;

    public double MaxAbsoluteError { get; private init; }

    public double MaxRelativeError { get; private init; }

    /// <summary>The largest magnitude of an expected element that is finite.</summary>
    public double MaxExpected { get; private init; }

    public bool Matches => Difference is null && Mismatches == 0;

    /// <summary>Compares element by element; tensors of other types or shapes never match. The tolerances' defaults are numpy.allclose's.</summary>
    public static TensorComparison Of(Tensor actual, Tensor expected, double rtol = 1e-5, double atol = 1e-8)
    {
        if (actual.Type != expected.Type || actual.Shape != expected.Shape)
            return new() { Difference = $"{actual} where {expected} was expected" };

        long mismatches = 0, first = -1;
        double maxAbsolute = 0, maxRelative = 0, maxExpected = 0;
        for (long i = 0; i < actual.Count; i++)
        {
            var (error, magnitude) = Error(actual, expected, i);
            if (double.IsFinite(magnitude))
                maxExpected = Math.Max(maxExpected, magnitude);
            if (error == 0)
                continue;
            maxAbsolute = Math.Max(maxAbsolute, error);
            if (magnitude != 0)
                maxRelative = Math.Max(maxRelative, double.IsInfinity(error) ? error : error / magnitude);
            if (double.IsFinite(error) && error <= atol + (rtol * magnitude))
                continue;
            mismatches++;
            if (first < 0)
                first = i;
        }
        return new()
        {
            Count = actual.Count,
            Mismatches = mismatches,
            FirstMismatch = first,
            MaxAbsoluteError = maxAbsolute,
            MaxRelativeError = maxRelative,
            MaxExpected = maxExpected,
        };
    }

    /// <summary>One line for a report.</summary>
    public override string ToString() => Difference ?? string.Create(
        null, $"{Mismatches} of {Count} differ, max abs error {MaxAbsoluteError:g3}, max rel error {MaxRelativeError:g3}");

    /// <summary>|actual - expected| and |expected| of one element; wide integers are subtracted exactly.</summary>
    private static (double Error, double Magnitude) Error(Tensor actual, Tensor expected, long i)
    {
        if (actual.Type is DType.Int64 or DType.UInt64)
        {
            bool signed = actual.Type == DType.Int64;
            long a = actual.GetInt64(i), b = expected.GetInt64(i);
            Int128 x = signed ? a : (ulong)a, y = signed ? b : (ulong)b;
            return ((double)Int128.Abs(x - y), (double)Int128.Abs(y));
        }
        double p = actual.GetDouble(i), q = expected.GetDouble(i);
        if (p == q || (double.IsNaN(p) && double.IsNaN(q)))
            return (0, Math.Abs(q));
        double error = Math.Abs(p - q);
        return (double.IsNaN(error) ? double.PositiveInfinity : error, double.IsNaN(q) ? double.PositiveInfinity : Math.Abs(q));
    }
}
