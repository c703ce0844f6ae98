using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Lathe.Runtime;

/// <summary>
/// What Linux says of this process's threads, and where it has them run. Threads go by the system's numbers. A thread that is moved
/// may run where it might before; the system moves it again as it likes.
/// </summary>
internal static unsafe partial class SystemThread
{
    /// <summary>No processor's number, for when it is not known.</summary>
    public const int Nowhere = -1;

    private const int ProcessorClock = 6;

    /// <summary>Whether the system has all that is here, and tells processor time finely enough to see who runs within microseconds.</summary>
    public static bool IsSupported { get; } = OperatingSystem.IsLinux() && Probe();

    public static int Current => Number();

    /// <summary>The processor that the calling thread is on.</summary>
    public static int Processor => IsSupported ? GetProcessor() : Nowhere;

    /// <summary>How long a thread has been on a processor, in nanoseconds, up to this moment; null when the system does not say.</summary>
    public static long? ProcessorTime(int thread)
    {
        Time time;
        return GetTime((~thread << 3) | ProcessorClock, &time) == 0 ? (time.Seconds * 1_000_000_000L) + time.Nanoseconds : null;
    }

    /// <summary>
    /// Moves a thread that waits for a processor to the one that the calling thread is on, and which it should leave then. Does nothing
    /// when the thread may not run there.
    /// </summary>
    public static void Pull(int thread)
    {
        int here = GetProcessor();
        if (Affinity.Of(thread) is { } allowed && allowed.Has(here))
            Move(thread, Affinity.Only(here), allowed);
    }

    /// <summary>Moves the calling thread to another processor than <paramref name="processor"/>, if it may run on any.</summary>
    public static void Leave(int processor)
    {
        if (Affinity.Of(0) is { } allowed && allowed.Has(processor))
            Move(0, allowed.Without(processor), allowed);
    }

    private static void Move(int thread, Affinity where, Affinity allowed)
    {
        if (!where.Set(thread))
            return;
        // Who was free to run anywhere stays so, also where the system's administrator widens what that is; who was not gets what it had.
        if (!Affinity.Anywhere.Set(thread) || Affinity.Of(thread) is not { } now || !now.Equals(allowed))
            allowed.Set(thread);
    }

    private static bool Probe()
    {
        try
        {
            if (GetProcessor() < 0 || Affinity.Of(0) is null || ProcessorTime(Number()) is not { } before)
                return false;
            long start = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(start).TotalMicroseconds < 10)
                Thread.SpinWait(8);
            return ProcessorTime(Number()) > before;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int Number();

    [SuppressGCTransition]
    [LibraryImport("libc", EntryPoint = "sched_getcpu")]
    private static partial int GetProcessor();

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, Time* time);

    [LibraryImport("libc", EntryPoint = "sched_getaffinity")]
    private static partial int GetAffinity(int thread, nint size, Affinity* mask);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int thread, nint size, Affinity* mask);

    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        public nint Seconds;
        public nint Nanoseconds;
    }

    /// <summary>A set of processors, each a bit, as the system takes it.</summary>
    [InlineArray(Words)]
    private struct Affinity
    {
        private const int Words = 16;
        private const int Bits = 64;

        private ulong _first;

        public static Affinity Anywhere
        {
            get
            {
                var all = default(Affinity);
                ((Span<ulong>)all).Fill(ulong.MaxValue);
                return all;
            }
        }

        public static Affinity Only(int processor)
        {
            var one = default(Affinity);
            one[processor / Bits] = 1UL << (processor % Bits);
            return one;
        }

        /// <summary>Where a thread, or the calling one if that is 0, may run; null when the system does not say, or has more processors than fit.</summary>
        public static Affinity? Of(int thread)
        {
            Affinity mask = default;
            return GetAffinity(thread, sizeof(Affinity), &mask) >= 0 ? mask : null;
        }

        public readonly bool Has(int processor) => processor is >= 0 and < Words * Bits && (this[processor / Bits] & (1UL << (processor % Bits))) != 0;

        public readonly Affinity Without(int processor)
        {
            var others = this;
            others[processor / Bits] &= ~(1UL << (processor % Bits));
            return others;
        }

        public readonly bool Equals(Affinity other) => ((ReadOnlySpan<ulong>)this).SequenceEqual(other);

        public readonly bool Set(int thread)
        {
            var mask = this;
            return SetAffinity(thread, sizeof(Affinity), &mask) == 0;
        }
    }
}
