namespace Lathe.Samples.Mnist;

/// <summary>The sample's printed answers.</summary>
internal static class Report
{
    /// <param name="probabilities">A row for each image of the set.</param>
    /// <param name="milliseconds">What each image took.</param>
    public static void Results(float[][] probabilities, DigitSet digits, double[] milliseconds)
    {
        int right = 0;
        for (int i = 0; i < probabilities.Length; i++)
            right += Array.IndexOf(probabilities[i], probabilities[i].Max()) == digits.Label(i) ? 1 : 0;
        double[] sorted = [.. milliseconds.Order()];
        Line("accuracy", $"{right:N0} of {probabilities.Length:N0} images ({100.0 * right / probabilities.Length:F2}%)");
        Line("throughput", $"{1000 * sorted.Length / sorted.Sum():N0} images per second, one at a time on one thread");
        Line("time per run", $"mean {sorted.Average():F4} ms, median {Quantile(0.5):F4}, 99% within {Quantile(0.99):F4}, min {sorted[0]:F4}");

        double Quantile(double q) => sorted[(int)(q * (sorted.Length - 1))];
    }

    public static void Digit(DigitSet digits, int image, float[] probabilities)
    {
        Console.WriteLine();
        Console.WriteLine($"Test image {image}, labelled {digits.Label(image)}:");
        Console.WriteLine();
        foreach (string line in digits.Draw(image))
            Console.WriteLine("    " + line);
        Console.WriteLine();
        foreach (var (digit, probability) in probabilities.Index().OrderByDescending(p => p.Item).Take(5))
            Console.WriteLine($"    class='{digit}' with probability={probability:F6}");
        Console.WriteLine();
    }

    /// <summary>Of two sets of rows of equal shape, element by element; NaN when an element is NaN.</summary>
    public static double LargestDifference(float[][] left, float[][] right)
    {
        double largest = 0;
        for (int i = 0; i < left.Length; i++)
            for (int k = 0; k < left[i].Length; k++)
                largest = Math.Max(largest, Math.Abs((double)left[i][k] - right[i][k]));
        return largest;
    }

    public static void Line(string name, string value) => Console.WriteLine($"{name,-16} {value}");
}
