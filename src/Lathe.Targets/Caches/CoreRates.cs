namespace Lathe.Targets;

/// <summary>
/// What a core does beside multiply-adds, in the time of one: the reciprocal throughput of one fused multiply-add of whole vectors is the unit.
/// </summary>
/// <param name="Load">The time of loading a vector from the first-level cache.</param>
/// <param name="Broadcast">The time of loading one element into all lanes of a vector.</param>
/// <param name="SharedBytes">Bytes that a core reads from the third-level cache meanwhile.</param>
/// <param name="MemoryBytes">Bytes that come from memory meanwhile to a core that reads alone.</param>
public sealed record CoreRates(double Load, double Broadcast, double SharedBytes, double MemoryBytes)
{
    /// <summary>How many times as much comes from memory to many cores that read together.</summary>
    public double MemoryCores { get; init; } = 1;

    /// <summary>What a further core that reads gains of that, in parts of what one alone has.</summary>
    private const double FurtherCore = 0.75;

    /// <summary>
    /// Bytes that come from the second-level cache in the time of a multiply-add, by which arithmetic with data from there takes longer than with data
    /// from the first; infinite where it takes no longer, or nobody has measured it.
    /// </summary>
    public double NearBytes { get; init; } = double.PositiveInfinity;

    /// <summary>How many times as much comes from memory to so many cores as to one that reads alone.</summary>
    public double MemoryReaders(int cores) => Math.Min(1 + ((cores - 1) * FurtherCore), MemoryCores);

    /// <summary>
    /// Bytes that come meanwhile from the second-level cache of another core, which has written them: a fifth of what the third level gives (measured on
    /// Ice Lake with the data of Winograd's method).
    /// </summary>
    public double OthersBytes => SharedBytes / 5;

    /// <summary>A core with one vector multiply-add and one vector load a cycle, or two elements, and a third level nearby.</summary>
    public static CoreRates Usual { get; } = new(1, 0.5, 24, 8);

    /// <summary>
    /// The rates of a CPU by LLVM's name for it. Two 512-bit multiply-adds a cycle leave an Intel server core no more than a load for two of them
    /// (measured on Ice Lake; see docs/kernels/contractions.md), and its third level lies behind a mesh.
    /// </summary>
    public static CoreRates OfCpu(string cpu) => cpu switch
    {
        "znver1" or "znver2" or "znver3" => new(1, 1, 12, 4),
        "znver5" => new(1, 1, 14, 5) { MemoryCores = 1.3, NearBytes = 31 },
        "haswell" or "core-avx2" or "broadwell" or "skylake" or "alderlake" or "raptorlake" or "meteorlake" or "arrowlake" or "lunarlake" => new(1, 1, 8, 4),
        "skylake-avx512" or "cascadelake" or "cooperlake" or "icelake-server" or "sapphirerapids" or "emeraldrapids" or "graniterapids" => new(2, 2, 5, 2) { MemoryCores = 6.25, NearBytes = 42 },
        _ => Usual,
    };
}
