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
        return [.. contenders.Select((c, i) => Times(c, all[i], medians[i]))];
    }

    /// <summary>
    /// Times two engines that share threads run for run in turns, each run after one of the same engine that does not count, so that caches are as it leaves them itself. What else the
    /// machine does changes within milliseconds and meets both this way. Gives the ratio of each round too: the median, over pairs of runs, of the second one's time over the first one's.
    /// </summary>
    /// <param name="seconds">How long each engine runs in a round.</param>
    public static (IReadOnlyList<EngineTimes> Times, IReadOnlyList<double> Ratios) HoldRunForRun(Contender first, Contender second, int rounds, double seconds, Terminal terminal)
    {
        Contender[] both = [first, second];
        List<double>[] all = [[], []];
        List<double>[] medians = [[], []];
        var ratios = new List<double>();
        foreach (var contender in both)
            Turn(contender.Run, seconds / 5);
        for (int round = 0; round < rounds; round++)
        {
            terminal.Progress($"round {round + 1} of {rounds}");
            List<double>[] times = [[], []];
            long start = Stopwatch.GetTimestamp();
            for (int pair = 0; pair < FewestRuns || Stopwatch.GetElapsedTime(start).TotalSeconds < 2 * seconds; pair++)
            {
                // Who comes first changes, so that neither always follows the other.
                foreach (int i in pair % 2 == 0 ? (int[])[0, 1] : [1, 0])
                {
                    both[i].Run();
                    times[i].Add(Time(both[i].Run));
                }
            }
            ratios.Add(Median(times[1].Zip(times[0], (theirs, ours) => theirs / ours)));
            for (int i = 0; i < both.Length; i++)
            {
                all[i].AddRange(times[i]);
                medians[i].Add(Median(times[i]));
            }
        }
        terminal.EndProgress();
        return ([.. both.Select((c, i) => Times(c, all[i], medians[i]))], ratios);
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
            times.Add(Time(run));
        return times;
    }

    private static double Time(Action run)
    {
        long start = Stopwatch.GetTimestamp();
        run();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static EngineTimes Times(Contender contender, List<double> all, List<double> medians) =>
        new(contender.Engine, contender.LoadMilliseconds, Median(medians), all.Min(), all.Count, medians);
}
