using System.Diagnostics;
using Lathe.Runtime;

namespace Lathe.Tests.Runtime;

public sealed class RunPaceTests
{
    [Fact]
    public void Workers_are_woken_early_where_the_run_before_had_loops()
    {
        var pace = new RunPace();
        Assert.False(pace.Begin());
        Assert.True(pace.IsRunning && pace.Wakes);
        pace.SeeLoop();
        Wait(milliseconds: 1);
        pace.End();
        Assert.False(pace.IsRunning);
        Assert.True(pace.Begin());
        Wait(milliseconds: 1);
        pace.End();
        Assert.False(pace.Begin());
    }

    [Fact]
    public void Single_short_runs_do_not_wake_workers()
    {
        var pace = new RunPace();
        // Another program may hold up a run of no length at all.
        Assert.Contains(true, Enumerable.Range(0, 100).Select(_ =>
        {
            pace.Begin();
            pace.SeeLoop();
            pace.End();
            Wait(milliseconds: 1);
            bool wakes = pace.Begin() || pace.Wakes;
            pace.End();
            return !wakes && pace.Wakes;
        }));
    }

    private static void Wait(int milliseconds)
    {
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start).TotalMilliseconds < milliseconds)
            Thread.Sleep(milliseconds);
    }
}
