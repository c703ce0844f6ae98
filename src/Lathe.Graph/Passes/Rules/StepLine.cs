namespace Lathe.Graphs.Passes.Rules;

/// <summary>
/// A line whose floor makes given steps: floor((x + Move) * Scale + Offset), as <see cref="Ops.FloorScale"/> computes it. Moving sums by whole numbers keeps the offset
/// small, and so exact.
/// </summary>
/// <param name="Rest">What the scale lacks, where it is said in two floats.</param>
internal sealed record StepLine(int Move, float Scale, float Offset, float Rest)
{
    /// <summary>Sums up to this are floats.</summary>
    private const long MostExact = 1L << 24;

    /// <summary>Flatter lines would not be sure to rise with each sum.</summary>
    private const float LeastScale = 1f / (1 << 18);

    private const int Neighbours = 2;

    /// <summary>Half of them hold any scale from <see cref="LeastScale"/> on.</summary>
    private const int FractionBits = 84;

    /// <summary>
    /// A line of about that slope for sums from -<paramref name="bound"/> to <paramref name="bound"/>. <paramref name="steps"/> are the least sums for the results from
    /// <paramref name="low"/> + 1 on: -bound where all sums give that much, bound + 1 where none does. Null where no line was found.
    /// </summary>
    public static StepLine? Through(long[] steps, double slope, int low, long bound, bool split)
    {
        int first = Array.FindIndex(steps, x => x > -bound), last = Array.FindLastIndex(steps, x => x <= bound);
        if (first < 0 || last <= first)
            return null;
        long move = (long)Math.Round(((low + 1 + first) / slope) - steps[first]);
        if (Math.Abs(move) + bound > int.MaxValue || Math.Max(Math.Abs(steps[first] - 1 + move), Math.Abs(steps[last] + move)) > MostExact)
            return null;
        float scale = (float)slope;
        for (int i = 0; i < (split ? 1 : (2 * Neighbours) + 1); i++)
        {
            float candidate = i == 0 ? scale : BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(scale) + (i % 2 == 0 ? i / 2 : -(i + 1) / 2));
            if (candidate is >= LeastScale and < 1 && WithScale(steps, low, bound, (int)move, candidate, split ? (float)(slope - candidate) : 0) is { } line)
                return line;
        }
        return null;
    }

    private static StepLine? WithScale(long[] steps, int low, long bound, int move, float scale, float rest)
    {
        double least = double.NegativeInfinity, most = double.PositiveInfinity;
        for (int i = 0; i < steps.Length; i++)
        {
            double At(long x) => (low + 1 + i) - ((x + move) * (double)scale) - ((x + move) * (double)rest);
            if (steps[i] <= bound)
                least = Math.Max(least, At(steps[i]));
            if (steps[i] > -bound)
                most = Math.Min(most, At(steps[i] - 1));
        }
        if (!(least < most))
            return null;
        var line = new StepLine(move, scale, (float)((least + most) / 2), rest);
        for (int i = 0; i < steps.Length; i++)
            if ((steps[i] <= bound && line.IsBelow(steps[i], low + 1 + i)) || (steps[i] > -bound && !line.IsBelow(steps[i] - 1, low + 1 + i)))
                return null;
        return line;
    }

    /// <summary>Whether the line is under a whole number at a sum: computed as the op does, in fixed point that holds the product.</summary>
    private bool IsBelow(long sum, int number)
    {
        float x = sum + Move;
        float offset = Rest == 0 ? Offset : MathF.FusedMultiplyAdd(x, Rest, Offset);
        var product = (Int128)(long)x * (long)Math.ScaleB((double)Scale, FractionBits / 2) << (FractionBits / 2);
        return product + (Int128)Math.Floor(Math.ScaleB((double)offset, FractionBits)) < (Int128)number << FractionBits;
    }
}
