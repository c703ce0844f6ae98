using System.Runtime.InteropServices;

namespace Lathe.Runtime;

/// <summary>
/// What the threads of a pool share, in unmanaged memory: what one thread writes while others wait for something else
/// lies on cache lines of its own (two lines, as processors fetch them in pairs).
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 4 * Line)]
internal struct WorkState
{
    public const int Line = 128;

    /// <summary>Which loop this is; what a thread that has nothing to do watches. Written after all that describes the loop.</summary>
    [FieldOffset(0)] public long Loop;
    [FieldOffset(8)] public nint Function;
    [FieldOffset(16)] public nint Data;
    [FieldOffset(24)] public long Count;

    /// <summary>Iterations of a task; the last one may have fewer.</summary>
    [FieldOffset(32)] public long PerTask;

    /// <summary>Where the caller was when the loop or the run began, or <see cref="SystemThread.Nowhere"/>.</summary>
    [FieldOffset(40)] public int Processor;

    /// <summary>How many tasks have not ended.</summary>
    [FieldOffset(Line)] public long Pending;

    [FieldOffset(2 * Line)] public int WorkEpoch;
    [FieldOffset((2 * Line) + 4)] public int Sleepers;

    [FieldOffset(3 * Line)] public int DoneEpoch;
    [FieldOffset((3 * Line) + 4)] public int Callers;
}
