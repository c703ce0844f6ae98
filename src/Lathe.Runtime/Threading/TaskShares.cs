using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Lathe.Runtime;

/// <summary>
/// The tasks of one loop after another, dealt to threads: each has a share of consecutive tasks, which it takes from the front, and
/// others that have finished theirs take from its end. So the same thread gets the same part of equal loops, whose data it has in its
/// cache, and none waits while there is work.
/// </summary>
/// <remarks>
/// Memory that two cores have read and one then writes costs several times as much as memory of its own, which is why tasks are
/// not simply handed out in the order in which threads ask.
/// </remarks>
internal sealed unsafe class TaskShares(int threads) : IDisposable
{
    /// <summary>The most tasks of a loop.</summary>
    public const int Most = ushort.MaxValue;

    // Of each thread, on a line of its own: the number of the loop (32 bits), the first task that nobody has taken, and the end (16 bits each).
    private readonly byte* _shares = Allocate(threads);
    private uint _loop;

    /// <summary>Hands out the tasks 0 to <paramref name="count"/> - 1 of a new loop. Those of the last one must have been taken.</summary>
    public void Deal(long count)
    {
        _loop++;
        for (int thread = 0; thread < threads; thread++)
            Volatile.Write(ref Share(thread), ((long)_loop << 32) | (Bound(thread, count) << 16) | Bound(thread + 1, count));
    }

    /// <summary>
    /// The next share with tasks left, of this thread first; false when there are none. What is read of the loop after this and
    /// before <see cref="TryTake"/> is right exactly if that succeeds, since a loop with tasks left to take cannot end.
    /// </summary>
    public bool Find(int thread, out (int Owner, long Share) found)
    {
        for (int i = 0; i < threads; i++)
        {
            int owner = thread + i < threads ? thread + i : thread + i - threads;
            long share = Volatile.Read(ref Share(owner));
            if (Next(share) < End(share))
            {
                found = (owner, share);
                return true;
            }
        }
        found = default;
        return false;
    }

    /// <summary>Takes a task of what was found; false when someone else was faster.</summary>
    public bool TryTake(int thread, (int Owner, long Share) found, out long task)
    {
        bool own = found.Owner == thread;
        task = own ? Next(found.Share) : End(found.Share) - 1;
        return Interlocked.CompareExchange(ref Share(found.Owner), own ? found.Share + (1 << 16) : found.Share - 1, found.Share) == found.Share;
    }

    public void Dispose() => NativeMemory.AlignedFree(_shares);

    private static byte* Allocate(int threads)
    {
        nuint bytes = (nuint)threads * WorkState.Line;
        var memory = (byte*)NativeMemory.AlignedAlloc(bytes, WorkState.Line);
        NativeMemory.Clear(memory, bytes);
        return memory;
    }

    private static long Next(long share) => (share >> 16) & Most;

    private static long End(long share) => share & Most;

    // Rounded up, so that the first threads, the caller's among them, get the tasks of small loops.
    private long Bound(int thread, long count) => ((thread * count) + threads - 1) / threads;

    private ref long Share(int thread) => ref Unsafe.AsRef<long>(_shares + ((nint)thread * WorkState.Line));
}
