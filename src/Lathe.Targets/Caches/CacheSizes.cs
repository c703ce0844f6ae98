namespace Lathe.Targets;

/// <summary>The data caches of a processor, in bytes; 0 stands for what is not known, or not there.</summary>
/// <param name="L1Bytes">A core's first level for data.</param>
/// <param name="L1Ways">How many lines of that level may have the same place.</param>
/// <param name="LineBytes">A line of the first level.</param>
/// <param name="L2Bytes">A core's second level, or its share of one that several cores have together.</param>
/// <param name="L3Bytes">The whole of the third level, which cores share.</param>
public sealed record CacheSizes(long L1Bytes, int L1Ways, int LineBytes, long L2Bytes, long L3Bytes)
{
    private static readonly Lazy<CacheSizes> LazyHost = new(HostCaches.Read);

    /// <summary>This machine's, as far as the system says.</summary>
    public static CacheSizes Host => LazyHost.Value;

    /// <summary>
    /// The caches of a CPU by LLVM's name for it, from the makers' manuals. Where one name has several sizes, the smaller; for
    /// names that stand for many CPUs, what most of them have at least.
    /// </summary>
    public static CacheSizes OfCpu(string cpu) => cpu switch
    {
        "znver1" => Of(32, 8, 512, 8 << 10),
        "znver2" => Of(32, 8, 512, 16 << 10),
        "znver3" => Of(32, 8, 512, 32 << 10),
        "znver4" => Of(32, 8, 1 << 10, 32 << 10),
        "znver5" => Of(48, 12, 1 << 10, 32 << 10),
        "haswell" or "core-avx2" or "broadwell" or "skylake" => Of(32, 8, 256, 8 << 10),
        "skylake-avx512" or "cascadelake" or "cooperlake" => Of(32, 8, 1 << 10, 16 << 10),
        "icelake-client" or "rocketlake" => Of(48, 12, 512, 8 << 10),
        "tigerlake" or "icelake-server" or "alderlake" => Of(48, 12, 1280, 12 << 10),
        "raptorlake" or "meteorlake" or "arrowlake" or "lunarlake" => Of(48, 12, 2 << 10, 12 << 10),
        "sapphirerapids" or "emeraldrapids" or "graniterapids" => Of(48, 12, 2 << 10, 32 << 10),
        "cortex-a53" or "cortex-a55" => Of(32, 4, 128, 0),
        "cortex-a72" => Of(32, 2, 256, 0),
        "cortex-a76" or "cortex-a77" or "cortex-a78" => Of(64, 4, 256, 2 << 10),
        "neoverse-n1" or "neoverse-n2" or "neoverse-v1" => Of(64, 4, 1 << 10, 32 << 10),
        "neoverse-v2" => Of(64, 4, 1 << 10, 64 << 10),
        "apple-m1" => new(128 << 10, 8, 128, 3 << 20, 0),
        "apple-m2" or "apple-m3" or "apple-m4" => new(128 << 10, 8, 128, 4 << 20, 0),
        _ => Of(32, 8, 1 << 10, 8 << 10),
    };

    /// <summary>With another's figures where this has none. A machine that says it has a first and a second level but no third has none.</summary>
    public CacheSizes OrElse(CacheSizes other) => new(
        L1Bytes > 0 ? L1Bytes : other.L1Bytes,
        L1Ways > 0 ? L1Ways : other.L1Ways,
        LineBytes > 0 ? LineBytes : other.LineBytes,
        L2Bytes > 0 ? L2Bytes : other.L2Bytes,
        L3Bytes > 0 || (L1Bytes > 0 && L2Bytes > 0) ? L3Bytes : other.L3Bytes);

    private static CacheSizes Of(long l1, int l1Ways, long l2, long l3) => new(l1 << 10, l1Ways, 64, l2 << 10, l3 << 10);
}
