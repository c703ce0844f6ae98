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
    private static readonly long[] Sizes = [256L << 10, 1L << 20, 4L << 20, 16L << 20, 64L << 20, 256L << 20];

    /// <summary>Whether the measuring loops of this build are optimized; those of Debug builds are many times too slow.</summary>
    public static bool AreMeasurable { get; } =
        typeof(MachinePeaks).Assembly.GetCustomAttribute<DebuggableAttribute>() is not { IsJITOptimizerDisabled: true };

    /// <summary>GB/s (1e9 bytes) at which memory of that many bytes is read.</summary>
    public sealed record Bandwidth(long Bytes, double GigabytesPerSecond);

    /// <summary>Measures this machine, for about a second; other busy programs make the figures too low.</summary>
    public static MachinePeaks Measure(string processor, int threads)
    {
        var reading = new List<Bandwidth>();
        foreach (long size in Sizes)
        {
            double measured = ReadBandwidth.Measure(threads, size);
            // Memory further away is not faster than all that is nearer; where it seems so, something disturbed the measurement.
            reading.Add(new(size, reading.Count == 0 ? measured : Math.Min(measured, reading.Max(r => r.GigabytesPerSecond))));
        }
        return new(processor, threads, FmaPeak.Measure(threads), [.. reading]);
    }

    /// <summary>
    /// The bandwidth for a program that goes through so many bytes: the best of those measured at that size and above, as less memory is not slower.
    /// </summary>
    public double BandwidthAt(long bytes) => Reading.Where(r => r.Bytes >= bytes).Append(Reading[^1]).Max(r => r.GigabytesPerSecond);

    /// <summary>
    /// The roofline: milliseconds that the work takes at least, when arithmetic runs at its peak, or memory at its bandwidth, whichever is slower.
    /// </summary>
    public double LeastMilliseconds(long flops, long bytes, long footprint) =>
        Math.Max(flops / Gflops, bytes / BandwidthAt(footprint)) / 1e6;
}
