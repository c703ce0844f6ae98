using System.Diagnostics;
using Lathe.Bench.Engines;

namespace Lathe.Bench.Measuring;

/// <summary>Times runs of one model on one engine.</summary>
internal static class Stopwatches
{
    private const int FewestRuns = 3;

    /// <summary>The median time of a run in milliseconds, over at least <paramref name="seconds"/> of runs, after some that do not count.</summary>
    public static double MedianRun(ILoadedModel model, double seconds)
    {
        // Caches, page tables and sleeping worker threads are as the other engine left them.
        WarmUp(model, seconds / 5);
        var times = new List<double>();
        long start = Stopwatch.GetTimestamp();
        while (times.Count < FewestRuns || Stopwatch.GetElapsedTime(start).TotalSeconds < seconds)
        {
            long begin = Stopwatch.GetTimestamp();
            model.Run();
            times.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }
        return Statistics.Median(times);
    }

    public static void WarmUp(ILoadedModel model, double seconds)
    {
        long start = Stopwatch.GetTimestamp();
        do
            model.Run();
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds);
    }
}
