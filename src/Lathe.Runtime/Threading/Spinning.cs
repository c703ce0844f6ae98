using System.Diagnostics;

namespace Lathe.Runtime;

/// <summary>How threads of a pool wait for one another without sleeping, and for how long, in ticks of <see cref="Stopwatch"/>.</summary>
internal static class Spinning
{
    /// <summary>How long a worker waits for a loop outside of runs.</summary>
    public static readonly long Idle = Ticks(microseconds: 40);

    /// <summary>How long a worker waits for the next loop of a run: most steps on one thread between two loops are shorter.</summary>
    public static readonly long InRun = Ticks(microseconds: 300);

    /// <summary>
    /// How long the caller waits for a loop to end. Its processor is better kept than given up to a hypervisor that is slow to give it back; where workers
    /// without a processor cannot be seen, one that holds the loop up may be waiting for just this processor.
    /// </summary>
    public static readonly long LoopEnd = Ticks(microseconds: SystemThread.IsSupported ? 3000 : 50);

    /// <summary>How long the caller waits between two looks at whether the others have a processor.</summary>
    public static readonly long LookAgain = Ticks(microseconds: 15);

    /// <summary>After so long, who waits lets others have the processor now and then.</summary>
    public static readonly long Selfish = Ticks(microseconds: 20);

    /// <summary>
    /// Lets a moment pass. If it <paramref name="yields"/>, whoever else waits for this processor may run now and then: on a busy
    /// machine that can be the very thread that is waited for.
    /// </summary>
    /// <param name="spins">How often this wait has been here, from 0 on; counted up.</param>
    public static void Pause(ref int spins, bool yields)
    {
        if (yields && spins % 8 == 0)
            Thread.Yield();
        else
            Thread.SpinWait(Math.Clamp(spins, 1, 8));
        spins++;
    }

    private static long Ticks(int microseconds) => Stopwatch.Frequency * microseconds / 1_000_000;
}
