using System.Diagnostics;

namespace Lathe.Runtime;

/// <summary>
/// How the runs of a pool follow each other: whether one is under way, and whether it pays to wake sleeping workers for it. To wake one costs
/// the caller several microseconds, and it takes some tens until the worker is there: a single short run is nearly over by then.
/// </summary>
internal sealed class RunPace
{
    private static readonly long Short = Stopwatch.Frequency * 100 / 1_000_000;

    private int _runs;
    private bool _hasLoops;
    private bool _wakes = true;
    private long _began;
    private long _ended;
    private long _took = long.MaxValue;

    public bool IsRunning => Volatile.Read(ref _runs) > 0;

    /// <summary>Whether a parallel loop wakes workers. Outside of runs it always does.</summary>
    public bool Wakes => _wakes;

    /// <summary>Called for each parallel loop.</summary>
    public void SeeLoop() => _hasLoops = true;

    /// <summary>Begins a run, and says whether to wake workers now, for loops to come: those of the run before.</summary>
    public bool Begin()
    {
        Interlocked.Increment(ref _runs);
        _began = Stopwatch.GetTimestamp();
        _wakes = _took > Short || _began - _ended < Short;
        bool wakes = _wakes && _hasLoops;
        _hasLoops = false;
        return wakes;
    }

    public void End()
    {
        _ended = Stopwatch.GetTimestamp();
        _took = _ended - _began;
        if (Interlocked.Decrement(ref _runs) == 0)
            _wakes = true;
    }
}
