using Lathe.Tensors;

namespace Lathe.Cli.Running;

/// <summary>One class of a classifier's answer.</summary>
internal sealed record RankedClass(long Index, string Label, double Value);

/// <summary>The greatest elements of an output.</summary>
internal static class TopClasses
{
    /// <summary>The elements of the first row (all axes but the batch), greatest first, ties in the order of their indices.</summary>
    public static IReadOnlyList<RankedClass> Of(Tensor output, int count, Labels labels) => Rank(FirstRow(output), count, labels);

    /// <summary>As <see cref="Of"/>, of probabilities: a row that is none yet goes through softmax.</summary>
    /// <param name="slack">How far from 1 the sum of probabilities may be, which rounded ones miss by more.</param>
    public static IReadOnlyList<RankedClass> Probabilities(Tensor output, int count, Labels labels, double slack = 0.01)
    {
        double[] row = FirstRow(output);
        bool areProbabilities = row.All(v => v is >= 0 and <= 1.0001) && Math.Abs(row.Sum() - 1) < slack;
        if (!areProbabilities && row.Length > 0)
        {
            double most = row.Max();
            row = [.. row.Select(v => Math.Exp(v - most))];
            double sum = row.Sum();
            row = [.. row.Select(v => v / sum)];
        }
        return Rank(row, count, labels);
    }

    private static double[] FirstRow(Tensor output)
    {
        long rows = output.Shape.Rank > 1 ? output.Shape[0].Value : 1;
        var row = new double[rows == 0 ? 0 : output.Count / rows];
        for (int i = 0; i < row.Length; i++)
            row[i] = output.GetDouble(i);
        return row;
    }

    private static RankedClass[] Rank(double[] row, int count, Labels labels) =>
        [.. row.Select((value, i) => new RankedClass(i, labels[i], value)).OrderByDescending(c => c.Value).Take(count)];
}
