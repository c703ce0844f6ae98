namespace Lathe.Runtime;

/// <summary>Times of a run in milliseconds, over the repeats of a measurement.</summary>
/// <param name="Std">The standard deviation of all repeats (not an estimate from a sample).</param>
public sealed record RunTimes(double Mean, double Median, double Max, double Min, double Std)
{
    /// <summary>Throws when there is none.</summary>
    public static RunTimes Of(IEnumerable<double> milliseconds)
    {
        double[] sorted = [.. milliseconds.Order()];
        ArgumentOutOfRangeException.ThrowIfZero(sorted.Length, nameof(milliseconds));
        double mean = sorted.Average();
        int half = sorted.Length / 2;
        double median = sorted.Length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
        return new(mean, median, sorted[^1], sorted[0], Math.Sqrt(sorted.Average(t => (t - mean) * (t - mean))));
    }
}
