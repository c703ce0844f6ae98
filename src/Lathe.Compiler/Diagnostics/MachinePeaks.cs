using System.Diagnostics;
using System.Reflection;
using Lathe.Tensors;

namespace Lathe.Compilation.Diagnostics;

/// <summary>The most that so many threads of a processor were seen to do.</summary>
/// <param name="Processor">The processor's name, as the system gives it.</param>
/// <param name="Gflops">Float32 operations in 1e9 a second, see <see cref="FmaPeak"/>.</param>
/// <param name="Reading">Bandwidths by the size of what is read, the smallest first; at least one.</param>
public sealed record MachinePeaks(string Processor, int Threads, double Gflops, EquatableArray<MachinePeaks.Bandwidth> Reading)
{
    /// <summary>Measurements are repeated after seconds, as two processors can be two threads of one core for a while, or others' for a moment.</summary>
    private const int Sweeps = 2;

    /// <summary>Bytes, from a part of the first-level cache to memory; no more than a machine can spare.</summary>
    private static readonly long[] Sizes =
        [.. Enumerable.Range(14, 15).Select(bits => 1L << bits).TakeWhile(size => size <= Math.Max(1 << 20, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8))];

    /// <summary>Whether the measuring loops of this build are optimized; those of Debug builds are many times too slow.</summary>
    public static bool AreMeasurable { get; } =
        typeof(MachinePeaks).Assembly.GetCustomAttribute<DebuggableAttribute>() is not { IsJITOptimizerDisabled: true };

    /// <summary>GB/s (1e9 bytes) at which memory of that many bytes is read.</summary>
    public sealed record Bandwidth(long Bytes, double GigabytesPerSecond);

    /// <summary>Measures this machine, for some five seconds; other busy programs make the figures too low.</summary>
    public static MachinePeaks Measure(string processor, int threads)
    {
        MachinePeaks Sweep()
        {
            double before = FmaPeak.Measure(threads);
            Bandwidth[] reading = [.. Sizes.Select(size => new Bandwidth(size, ReadBandwidth.Measure(threads, size)))];
            return new(processor, threads, Math.Max(before, FmaPeak.Measure(threads)), [.. reading]);
        }
        return Enumerable.Range(0, Sweeps).Select(_ => Sweep()).Aggregate((a, b) => a.Or(b));
    }

    /// <summary>The most that was seen in two measurements of as many threads. Sizes that only one of them has are left out.</summary>
    public MachinePeaks Or(MachinePeaks other)
    {
        var both = Reading.Join(other.Reading, r => r.Bytes, r => r.Bytes, (a, b) => new Bandwidth(a.Bytes, Math.Max(a.GigabytesPerSecond, b.GigabytesPerSecond))).ToEquatableArray();
        return this with { Gflops = Math.Max(Gflops, other.Gflops), Reading = both.Count > 0 ? both : other.Reading };
    }

    /// <summary>
    /// The bandwidth for a program that goes through so many bytes: between two sizes that were measured, by the logarithms. A size counts with the best of
    /// those above, too, as less memory is not slower.
    /// </summary>
    public double BandwidthAt(long bytes)
    {
        double Best(int from) => Reading.Skip(from).Max(r => r.GigabytesPerSecond);
        int above = 0;
        while (above < Reading.Count && Reading[above].Bytes <= bytes)
            above++;
        if (above == 0 || above == Reading.Count)
            return Best(Math.Min(above, Reading.Count - 1));
        double part = Math.Log((double)bytes / Reading[above - 1].Bytes) / Math.Log((double)Reading[above].Bytes / Reading[above - 1].Bytes);
        return Best(above - 1) * Math.Pow(Best(above) / Best(above - 1), part);
    }
}
