using System.Diagnostics;
using Lathe.Tensors;

namespace Lathe.Tests.Formats;

/// <summary>What reading a damaged model must come to: a result or an error about the model, in bounded time and memory.</summary>
internal static class DamagedModel
{
    private const long MaxAllocated = 256L << 20;
    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(20);

    /// <summary>"read", or the code of the error. Every other exception, and every bound passed, fails the test with <paramref name="what"/>.</summary>
    /// <param name="bytes">The model's size; what is allocated may grow with it.</param>
    public static string Outcome(Action read, long bytes, string what)
    {
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        string outcome;
        try
        {
            read();
            outcome = "read";
        }
        catch (Exception e) when (e is ModelException or UnsupportedException)
        {
            outcome = ((LatheException)e).Code;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{what}: {e.Message}", e);
        }
        long taken = GC.GetAllocatedBytesForCurrentThread() - allocated;
        Assert.True(taken < MaxAllocated + (16 * bytes), $"{what}: {taken} bytes were allocated for a model of {bytes}");
        Assert.True(Stopwatch.GetElapsedTime(start) < MaxTime, $"{what}: it took {Stopwatch.GetElapsedTime(start)}");
        return outcome;
    }
}
