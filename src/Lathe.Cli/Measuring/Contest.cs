using System.Diagnostics;
using Lathe.Tensors;

namespace Lathe.Cli.Measuring;

/// <summary>An engine with a model loaded and its inputs set.</summary>
/// <param name="LoadMilliseconds">What reading, compiling and setting up took.</param>
internal sealed record Contender(string Engine, double LoadMilliseconds, Action Run, Func<IReadOnlyDictionary<string, Tensor>> Outputs);

/// <summary>An engine's times for a run in milliseconds; Rounds has the median of each turn.</summary>
internal sealed record EngineTimes(string Engine, double LoadMilliseconds, double Median, double Min, int Runs, IReadOnlyList<double> Rounds);

/// <summary>Times engines in turns, so that what else the machine does meets all alike.</summary>
internal static class Contest
{
    private const int FewestRuns = 3;

    /// <param name="seconds">How long an engine runs before it is the next one's turn, after a fifth of that to warm up.</param>
    public static IReadOnlyList<EngineTimes> Hold(IReadOnlyList<Contender> contenders, int rounds, double seconds, Terminal terminal)
    {
        var all = contenders.Select(_ => new List<double>()).ToArray();
        var medians = contenders.Select(_ => new List<double>()).ToArray();
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < contenders.Count; i++)
            {
                terminal.Progress($"round {round + 1} of {rounds}: {contenders[i].Engine}");
                Turn(contenders[i].Run, seconds / 5);
                var times = Turn(contenders[i].Run, seconds);
                all[i].AddRange(times);
                medians[i].Add(Median(times));
            }
        }
        terminal.EndProgress();
        return [.. contenders.Select((c, i) => new EngineTimes(c.Engine, c.LoadMilliseconds, Median(medians[i]), all[i].Min(), all[i].Count, medians[i]))];
    }

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int half = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    private static List<double> Turn(Action run, double seconds)
    {
        var times = new List<double>();
        long start = Stopwatch.GetTimestamp();
        while (times.Count < FewestRuns || Stopwatch.GetElapsedTime(start).TotalSeconds < seconds)
        {
            long begin = Stopwatch.GetTimestamp();
            run();
            times.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }
        return times;
    }
}
