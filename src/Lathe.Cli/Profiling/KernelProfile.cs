namespace Lathe.Cli.Profiling;

/// <summary>How long a kernel's call takes, what it does in that time, and how near it comes to what the machine can do.</summary>
/// <param name="Step">Its place in the run; null for the whole run.</param>
/// <param name="Computes">The model's nodes that it computes.</param>
/// <param name="SharePercent">Of the run's time.</param>
/// <param name="Flops">Operations that the nodes ask for. A kernel that needs fewer (Winograd's method) can exceed the roofline by that.</param>
/// <param name="Bytes">Values and parameters that it reads or writes, each once.</param>
/// <param name="LeastMilliseconds">The time that the roofline leaves.</param>
internal sealed record KernelProfile(
    int? Step, string Computes, double Milliseconds, double SharePercent, long Flops, long Bytes, double LeastMilliseconds)
{
    /// <summary>Operations in 1e9 a second.</summary>
    public double Gflops => Milliseconds > 0 ? Flops / Milliseconds / 1e6 : 0;

    /// <summary>Bytes in 1e9 a second.</summary>
    public double GigabytesPerSecond => Milliseconds > 0 ? Bytes / Milliseconds / 1e6 : 0;

    /// <summary>Arithmetic intensity: operations for each byte.</summary>
    public double Intensity => Bytes > 0 ? (double)Flops / Bytes : 0;

    public double RooflinePercent => Milliseconds > 0 ? 100 * LeastMilliseconds / Milliseconds : 0;
}
