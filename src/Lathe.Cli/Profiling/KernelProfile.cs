namespace Lathe.Cli.Profiling;

/// <summary>How long a kernel's calls take in a run, what it does in that time, and how near it comes to what the machine can do.</summary>
/// <param name="Step">Its place in the run; null for several kernels together.</param>
/// <param name="Computes">The model's nodes that it computes.</param>
/// <param name="SharePercent">Of the time of all kernels.</param>
/// <param name="Flops">Operations that the nodes ask for.</param>
/// <param name="DoneFlops">Those that the kernel does, where its method needs fewer (Winograd's).</param>
/// <param name="Bytes">Values and weights that it reads or writes, each once.</param>
/// <param name="WeightBytes">Those of them that are weights.</param>
/// <param name="ArithmeticMilliseconds">What its operations take at least.</param>
/// <param name="MemoryMilliseconds">What reading and storing its values and reading its weights take at least.</param>
/// <param name="LeastMilliseconds">The time that the roofline leaves: of one kernel, the longer of these two.</param>
/// <param name="Limit">What that time goes into; null where it is not known, and for several kernels together.</param>
internal sealed record KernelProfile(
    int? Step, string Computes, double Milliseconds, double SharePercent, long Flops, long DoneFlops, long Bytes, long WeightBytes,
    double ArithmeticMilliseconds, double MemoryMilliseconds, double LeastMilliseconds, Limit? Limit)
{
    /// <summary>The nodes' operations in 1e9 a second, by which methods can be compared.</summary>
    public double Gflops => PerSecond(Flops);

    /// <summary>What the processor does, in 1e9 a second.</summary>
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
