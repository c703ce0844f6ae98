using Lathe.Tensors;

namespace Lathe.Bench.Measuring;

internal static class Statistics
{
    /// <summary>The middle value, or the mean of the two in the middle.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>The value that a tenth of all are below: times that the fewest others have disturbed, and no chance ones.</summary>
    public static double BestTenth(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 10];
    }

    /// <summary>
    /// The largest difference of any element of any output, over the largest magnitude in that output of the reference. Infinite where
    /// an output is missing, has another shape, or has a NaN that the reference has not.
    /// </summary>
    public static double RelativeError(IReadOnlyDictionary<string, Tensor> reference, IReadOnlyDictionary<string, Tensor> outputs)
    {
        double worst = 0;
        foreach (var (name, expected) in reference)
        {
            if (!outputs.TryGetValue(name, out var actual) || actual.Shape != expected.Shape)
                return double.PositiveInfinity;
            double[] e = expected.ToDoubleArray(), a = actual.ToDoubleArray();
            double difference = 0, magnitude = 0;
            for (int i = 0; i < e.Length; i++)
            {
                if (double.IsNaN(e[i]) && double.IsNaN(a[i]) || double.IsInfinity(e[i]) && e[i] == a[i])
                    continue;
                magnitude = Math.Max(magnitude, Math.Abs(e[i]));
                difference = Math.Max(difference, double.IsFinite(e[i] - a[i]) ? Math.Abs(e[i] - a[i]) : double.PositiveInfinity);
            }
            if (difference > 0)
                worst = Math.Max(worst, double.IsFinite(difference) && magnitude > 0 ? difference / magnitude : double.PositiveInfinity);
        }
        return worst;
    }
}
