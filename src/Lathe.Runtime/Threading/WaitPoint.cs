namespace Lathe.Runtime;

/// <summary>
/// Where threads sleep until a condition may have come true. Whoever makes it true calls <see cref="Wake"/> after a full
/// fence; that costs one read while nobody sleeps. Sleeping is the system's futex on Linux and a monitor elsewhere.
/// </summary>
internal sealed unsafe class WaitPoint(int* epoch, int* sleepers)
{
    private readonly object _monitor = new();

    /// <summary>Returns when <paramref name="condition"/> holds, and now and then before.</summary>
    public void Wait<T>(delegate*<T, bool> condition, T argument)
    {
        int seen = Volatile.Read(ref *epoch);
        Interlocked.Increment(ref *sleepers);
        if (!condition(argument))
        {
            if (Futex.IsSupported)
            {
                Futex.Wait(epoch, seen);
            }
            else
            {
                lock (_monitor)
                    if (Volatile.Read(ref *epoch) == seen)
                        Monitor.Wait(_monitor);
            }
        }
        Interlocked.Decrement(ref *sleepers);
    }

    /// <summary>Wakes up to <paramref name="count"/> sleepers.</summary>
    public void Wake(int count)
    {
        if (Volatile.Read(ref *sleepers) == 0)
            return;
        if (Futex.IsSupported)
        {
            Interlocked.Increment(ref *epoch);
            Futex.Wake(epoch, count);
            return;
        }
        lock (_monitor)
        {
            Interlocked.Increment(ref *epoch);
            Monitor.PulseAll(_monitor);
        }
    }

    public void WakeAll()
    {
        Interlocked.MemoryBarrier();
        Wake(int.MaxValue);
    }
}
