namespace Lathe.Cli.Profiling;

/// <summary>How long a kernel's call takes, what it does in that time, and how near it comes to what the machine can do.</summary>
/// <param name="Step">Its place in the run; null for the whole run.</param>
/// <param name="Computes">The model's nodes that it computes.</param>
/// <param name="SharePercent">Of the run's time.</param>
/// <param name="Flops">Operations that the nodes ask for.</param>
/// <param name="DoneFlops">Those that the kernel does, where its method needs fewer (Winograd's).</param>
/// <param name="Bytes">Values and parameters that it reads or writes, each once.</param>
/// <param name="WeightBytes">Those of them that are parameters.</param>
/// <param name="LeastMilliseconds">The time that the roofline leaves.</param>
/// <param name="Limit">What that time goes into: arithmetic, values or weights; null where it is not known, and for the whole run.</param>
internal sealed record KernelProfile(
    int? Step, string Computes, double Milliseconds, double SharePercent, long Flops, long DoneFlops, long Bytes, long WeightBytes, double LeastMilliseconds, string? Limit)
{
    /// <summary>The nodes' operations in 1e9 a second, by which methods can be compared.</summary>
    public double Gflops => PerSecond(Flops);

    /// <summary>What the processor does, in 1e9 a second: never more than its peak.</summary>
    public double DoneGflops => PerSecond(DoneFlops);

    /// <summary>Bytes in 1e9 a second.</summary>
    public double GigabytesPerSecond => PerSecond(Bytes);

    /// <summary>Arithmetic intensity: operations done for each byte.</summary>
    public double Intensity => Bytes > 0 ? (double)DoneFlops / Bytes : 0;

    public double RooflinePercent => Milliseconds > 0 ? 100 * LeastMilliseconds / Milliseconds : 0;

    /// <summary>Whether the kernel does clearly fewer operations than its nodes ask for.</summary>
    public bool DoesFewer => DoneFlops < 0.95 * Flops;

    private double PerSecond(long amount) => Milliseconds > 0 ? amount / Milliseconds / 1e6 : 0;
}
