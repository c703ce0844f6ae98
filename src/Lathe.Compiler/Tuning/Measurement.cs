using Lathe.Compilation.Scheduling;

namespace Lathe.Compilation.Tuning;

/// <summary>What measuring a schedule in turns with the default gave.</summary>
/// <param name="Milliseconds">Of a call, one a round; empty where none was measured.</param>
/// <param name="DefaultMilliseconds">Of the default in the same rounds.</param>
/// <param name="Reason">Why the status is not ok.</param>
internal sealed record Measurement(
    Schedule Schedule, RecordStatus Status, IReadOnlyList<double> Milliseconds, IReadOnlyList<double> DefaultMilliseconds, string? Reason = null)
{
    /// <summary>Of times over the default's, lower ones first.</summary>
    private double[] Ratios => [.. Milliseconds.Zip(DefaultMilliseconds, (t, d) => t / d).Order()];

    public double Ratio => Median(Ratios);

    public double RatioUpper => Ratios is { Length: > 0 } r ? r[Math.Min(r.Length - 1, (int)Math.Ceiling(r.Length * 0.75) - 1)] : 0;

    public static Measurement Failed(Schedule schedule, RecordStatus status, string reason) => new(schedule, status, [], [], reason);

    public TuningRecord ToRecord(TuningTask task, string machine, Func<string, int> versionOf, bool confirmed = false) => new(
        task.Workload.Hash, machine, Schedule.ToString(), versionOf(Schedule.Generator), task.Default.ToString(), versionOf(task.Default.Generator),
        Status, task.Workload.Text)
    {
        Milliseconds = Rounded(Median(Milliseconds)),
        DefaultMilliseconds = Rounded(Median(DefaultMilliseconds)),
        Ratio = Rounded(Ratio),
        RatioUpper = Rounded(RatioUpper),
        Rounds = Milliseconds.Count,
        Confirmed = confirmed,
        Reason = Reason,
    };

    /// <summary>0 of no values.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int half = sorted.Length / 2;
        return sorted.Length == 0 ? 0 : sorted.Length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    private static double Rounded(double value)
    {
        if (value == 0)
            return 0;
        double scale = Math.Pow(10, 4 - Math.Floor(Math.Log10(Math.Abs(value))));
        return double.IsFinite(scale) ? Math.Round(value * scale) / scale : value;
    }
}
