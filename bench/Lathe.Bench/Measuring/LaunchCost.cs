using System.Diagnostics;
using Lathe.Runtime;

namespace Lathe.Bench.Measuring;

/// <summary>
/// What it costs to start and end a parallel loop whose iterations do next to nothing, beside .NET's own
/// <see cref="Parallel.For(int, int, Action{int})"/>, by how long the threads had nothing to do before.
/// </summary>
internal static class LaunchCost
{
    private const int Windows = 15;

    /// <summary>Some machines' clocks advance by a tenth of a microsecond.</summary>
    private const double ClockStep = 0.1;

    public static void Measure(IReadOnlyList<int> threads, TextWriter output)
    {
        output.WriteLine("Parallel loop of one empty iteration a thread, microseconds (median of the calmest of 15 windows; median of all)");
        output.WriteLine($"{"threads",8} {"gap",10} {"Lathe",16} {"Parallel.For",16} {"ratio",8}");
        foreach (int count in threads.Where(t => t > 1))
        {
            using var pool = new WorkerPool(count);
            var options = new ParallelOptions { MaxDegreeOfParallelism = count };
            foreach (int gap in new[] { 0, 10, 30, 200, 2000 })
            {
                int launches = gap > 100 ? 100 : 2000;
                var own = new double[Windows];
                var peer = new double[Windows];
                for (int window = 0; window < Windows; window++)
                {
                    own[window] = Median(gap, launches, () => pool.Run(count, static _ => { }));
                    peer[window] = Median(gap, launches, () => Parallel.For(0, count, options, static _ => { }));
                }
                output.WriteLine(
                    $"{count,8} {gap + " us",10} {$"{own.Min():F2}; {Statistics.Median(own):F2}",16} {$"{peer.Min():F2}; {Statistics.Median(peer):F2}",16} {Statistics.Median(peer) / Math.Max(Statistics.Median(own), ClockStep),8:F1}");
            }
        }
    }

    private static double Median(int gap, int launches, Action launch)
    {
        // Single launches are near the clock's resolution when they follow each other.
        int batch = gap == 0 ? 20 : 1;
        var times = new double[launches / batch];
        for (int i = 0; i < times.Length; i++)
        {
            long idle = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(idle).TotalMicroseconds < gap)
                Thread.SpinWait(1);
            long start = Stopwatch.GetTimestamp();
            for (int k = 0; k < batch; k++)
                launch();
            times[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds / batch;
        }
        return Statistics.Median(times);
    }
}
