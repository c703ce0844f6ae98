using System.Diagnostics;
using Lathe.Runtime;

namespace Lathe.Cli.Measuring;

/// <summary>Times the steps of two builds of a network, which run in turns step by step.</summary>
internal static class StepContest
{
    /// <summary>A tenth of the runs of a step were as fast as this or faster: other programs only ever make a step slower.</summary>
    private const int Percentile = 10;

    private const int FewestRuns = 10;

    /// <summary>The steps that both have, by what they compute, first those that gain or lose most; then those that one has alone.</summary>
    /// <param name="seconds">How long each build runs.</param>
    public static IReadOnlyList<StepPair> Hold(Session first, Session second, double seconds, Terminal terminal)
    {
        Session[] both = [first, second];
        List<double>[][] times = [.. both.Select(session => session.Info.Steps.Select(_ => new List<double>()).ToArray())];
        long start = Stopwatch.GetTimestamp();
        for (int run = 0; run < FewestRuns || Stopwatch.GetElapsedTime(start).TotalSeconds < 2 * seconds; run++)
        {
            if (run % FewestRuns == 0)
                terminal.Progress($"steps: {Math.Min(100, 50 * Stopwatch.GetElapsedTime(start).TotalSeconds / seconds):F0} %");
            int i = run % 2;
            foreach (var (step, time) in both[i].Profile().Index())
                times[i][step].Add(time.Milliseconds);
        }
        terminal.EndProgress();
        return Pairs(Steps(first, times[0]), Steps(second, times[1]));
    }

    /// <summary>Pairs steps of the same label, in the order in which they run where several have it.</summary>
    private static IReadOnlyList<StepPair> Pairs(IReadOnlyList<(string Label, double Time)> first, IReadOnlyList<(string Label, double Time)> second)
    {
        var others = second.GroupBy(step => step.Label).ToDictionary(group => group.Key, group => new Queue<double>(group.Select(step => step.Time)));
        StepPair[] ofFirst = [.. first.Select(step => new StepPair(step.Label, step.Time, others.TryGetValue(step.Label, out var left) && left.TryDequeue(out double time) ? time : null))];
        return
        [
            .. ofFirst.Where(pair => pair.Second is not null).OrderByDescending(pair => Math.Abs(pair.First!.Value - pair.Second!.Value)),
            .. ofFirst.Where(pair => pair.Second is null),
            .. others.SelectMany(left => left.Value.Select(time => new StepPair(left.Key, null, time))),
        ];
    }

    private static IReadOnlyList<(string Label, double Time)> Steps(Session session, List<double>[] times) =>
        [.. session.Info.Steps.Select((step, i) => (step.Label, times[i].Order().ElementAt(times[i].Count * Percentile / 100)))];
}
