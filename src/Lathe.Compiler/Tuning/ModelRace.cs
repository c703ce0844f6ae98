using System.Diagnostics;
using Lathe.Runtime;
using Lathe.Tensors;

namespace Lathe.Compilation.Tuning;

/// <summary>Runs two programs of one model in turns, as a whole and step by step.</summary>
internal static class ModelRace
{
    /// <summary>What a turn takes, but at least a run.</summary>
    public const double TurnMilliseconds = 20;

    /// <summary>The time of each step, the medians of as many rounds.</summary>
    public static StepTime[] StepTimes(Session session, int rounds, CancellationToken stop)
    {
        var times = new List<IReadOnlyList<StepTime>>();
        for (int round = 0; round < rounds; round++)
        {
            stop.ThrowIfCancellationRequested();
            times.Add(session.Profile());
        }
        return [.. times[0].Select((s, step) => s with { Milliseconds = Measurement.Median(times.Select(t => t[step].Milliseconds)) })];
    }

    /// <summary>For each group of steps, the median over the rounds of the second's time over the first's.</summary>
    public static double[] StepRatios(Session first, Session second, IReadOnlyList<IReadOnlyList<int>> groups, int rounds, CancellationToken stop)
    {
        var ratios = groups.Select(_ => new List<double>()).ToArray();
        for (int round = 0; round < rounds; round++)
        {
            stop.ThrowIfCancellationRequested();
            var (a, b) = round % 2 == 0 ? (first.Profile(2), second.Profile(2)) : Swap(second.Profile(2), first.Profile(2));
            for (int g = 0; g < groups.Count; g++)
                ratios[g].Add(groups[g].Sum(s => b[s].Milliseconds) / groups[g].Sum(s => a[s].Milliseconds));
        }
        return [.. ratios.Select(Measurement.Median)];
    }

    /// <summary>The medians of whole runs, and of the rounds' ratios. In a round each has a turn: a run that does not count, and then as many as take <see cref="TurnMilliseconds"/>.</summary>
    public static (double First, double Second, double Ratio) Whole(Session first, Session second, int rounds, CancellationToken stop)
    {
        double once = Time(first, 1);
        int number = (int)Math.Clamp(TurnMilliseconds / Math.Max(once, 1e-4), 1, 100_000);
        var (a, b) = (new List<double>(), new List<double>());
        for (int round = 0; round < rounds; round++)
        {
            stop.ThrowIfCancellationRequested();
            if (round % 2 == 0)
                a.Add(Time(first, number));
            b.Add(Time(second, number));
            if (round % 2 == 1)
                a.Add(Time(first, number));
        }
        return (Measurement.Median(a), Measurement.Median(b), Measurement.Median(a.Zip(b, (x, y) => y / x)));
    }

    /// <summary>Gives all inputs numbers between -1 and 1; 0 and 1 where there are no others.</summary>
    public static void Fill(Session session)
    {
        int seed = 0;
        foreach (var input in session.Info.Inputs)
            Fill(session.Input(input.Name), new Random(seed++));
    }

    private static void Fill(Tensor tensor, Random random)
    {
        for (long i = 0; i < tensor.Count; i++)
        {
            if (tensor.Type.IsFloat)
                tensor.SetDouble(i, (random.NextSingle() * 2) - 1);
            else
                tensor.SetInt64(i, random.Next(2));
        }
    }

    /// <summary>Milliseconds of a run, after one that does not count.</summary>
    private static double Time(Session session, int number)
    {
        session.Run();
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < number; i++)
            session.Run();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds / number;
    }

    private static (T, T) Swap<T>(T a, T b) => (b, a);
}
