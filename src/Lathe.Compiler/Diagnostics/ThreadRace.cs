using System.Diagnostics;

namespace Lathe.Compilation.Diagnostics;

/// <summary>Times short work that several threads begin together.</summary>
internal static class ThreadRace
{
    private const int FewestRuns = 4;
    private const double Seconds = 0.12;

    /// <summary>
    /// Seconds from the first thread's start to the last one's end: the time that a fiftieth of many short runs stay below, as other programs
    /// leave some of them alone, and a single one may be timed wrongly. <paramref name="work"/> gets the thread's number, and runs once before it counts.
    /// </summary>
    public static double Best(int threads, Action<int> work)
    {
        using var line = new Barrier(threads);
        var times = new (long Start, long End)[threads];
        bool done = false;
        bool Once(int thread)
        {
            line.SignalAndWait();
            if (done)
                return false;
            times[thread].Start = Stopwatch.GetTimestamp();
            work(thread);
            times[thread].End = Stopwatch.GetTimestamp();
            line.SignalAndWait();
            return true;
        }
        var others = Enumerable.Range(1, threads - 1).Select(n => new Thread(() =>
        {
            while (Once(n))
                continue;
        })).ToArray();
        foreach (var other in others)
            other.Start();
        var seconds = new List<double>();
        long start = Stopwatch.GetTimestamp();
        for (int run = 0; run <= FewestRuns || Stopwatch.GetElapsedTime(start).TotalSeconds < Seconds; run++)
        {
            Once(0);
            if (run > 0)
                seconds.Add(Stopwatch.GetElapsedTime(times.Min(t => t.Start), times.Max(t => t.End)).TotalSeconds);
        }
        done = true;
        Once(0);
        foreach (var other in others)
            other.Join();
        seconds.Sort();
        return seconds[seconds.Count / 50];
    }
}
