using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Lathe.Runtime;

/// <summary>
/// Which threads of a pool are at work on a loop, and whether they have a processor. A thread whose processor another program has
/// taken in the middle of a task holds up everyone for as long as that program may compute, which is milliseconds, where a task takes
/// microseconds: so who waits for such a thread gives it the processor that waiting needs. The caller's thread, 0, is not watched.
/// </summary>
internal sealed unsafe class WorkerWatch(int threads) : IDisposable
{
    private readonly Entry* _entries = Allocate(threads);
    private readonly long?[] _seen = new long?[threads];

    /// <summary>Called by a worker on its own thread, before it works.</summary>
    public void Join(int thread)
    {
        if (SystemThread.IsSupported)
            Volatile.Write(ref _entries[thread].Number, SystemThread.Current);
    }

    public void Begin(int thread) => Volatile.Write(ref _entries[thread].IsAtWork, true);

    public void End(int thread) => Volatile.Write(ref _entries[thread].IsAtWork, false);

    /// <summary>
    /// Moves workers that have had no processor since the last call to the caller's, which should leave it then. False when there are none, as at the first call for a loop.
    /// Calls should be some microseconds apart, for one that runs to be seen to.
    /// </summary>
    public bool PullWaiting()
    {
        bool pulled = false;
        for (int thread = 1; thread < threads; thread++)
        {
            int number = Volatile.Read(ref _entries[thread].Number);
            if (number == 0 || !Volatile.Read(ref _entries[thread].IsAtWork))
                continue;
            long? time = SystemThread.ProcessorTime(number);
            if (time is not null && time == _seen[thread])
            {
                SystemThread.Pull(number);
                pulled = true;
            }
            _seen[thread] = time;
        }
        return pulled;
    }

    public void Dispose() => NativeMemory.AlignedFree(_entries);

    private static Entry* Allocate(int threads)
    {
        nuint bytes = (nuint)threads * (nuint)sizeof(Entry);
        var memory = (Entry*)NativeMemory.AlignedAlloc(bytes, WorkState.Line);
        NativeMemory.Clear(memory, bytes);
        return memory;
    }

    /// <summary>Of each thread, on a line that only it writes.</summary>
    [StructLayout(LayoutKind.Explicit, Size = WorkState.Line)]
    private struct Entry
    {
        /// <summary>0 until the worker is there, or where the system cannot tell.</summary>
        [FieldOffset(0)] public int Number;
        [FieldOffset(4)] public bool IsAtWork;
    }
}
