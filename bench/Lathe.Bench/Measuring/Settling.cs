using System.Diagnostics;

namespace Lathe.Bench.Measuring;

/// <summary>
/// Waits until this process does nothing: threads of the engine that ran last may go on for a while waiting for more work, on the
/// processors that the other one needs.
/// </summary>
internal static class Settling
{
    private const double LongestSeconds = 2;
    private const int WindowMilliseconds = 10;

    /// <summary>As much of a window as the runtime's own threads may use.</summary>
    private const double IdleShare = 0.1;

    public static void Await()
    {
        long start = Stopwatch.GetTimestamp();
        while (ShareOfAProcessor() > IdleShare && Stopwatch.GetElapsedTime(start).TotalSeconds < LongestSeconds)
        {
        }
    }

    private static double ShareOfAProcessor()
    {
        var used = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        Thread.Sleep(WindowMilliseconds);
        return (Environment.CpuUsage.TotalTime - used) / Stopwatch.GetElapsedTime(start);
    }
}
