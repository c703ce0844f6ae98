using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text.RegularExpressions;
using Lathe.Cli.Printing;
using Lathe.Targets;

namespace Lathe.Cli.Doctor;

/// <summary>What the system says about the processor.</summary>
internal sealed partial record Processor(
    string Name, string Architecture, int Cores, int Threads, int VectorBits, IReadOnlyList<string> Features, CacheSizes Caches)
{
    private static readonly string[] Telling =
        ["sse4_2", "avx", "f16c", "fma", "avx2", "avx_vnni", "avx512f", "avx512bw", "avx512vl", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile", "asimd", "asimdhp", "asimddp", "i8mm", "bf16", "sve", "sve2"];

    /// <summary>What tells machines apart whose measurements differ; systems in virtual machines often say less than the processor's full name.</summary>
    public string Identity => $"{Name}, {Quantity.Of(Threads, "thread")}, {VectorBits}-bit vectors";

    public static Processor Describe()
    {
        var facts = Facts();
        string[] flags = (facts.GetValueOrDefault("flags") ?? facts.GetValueOrDefault("Features") ?? "").Split(' ');
        return new(
            facts.GetValueOrDefault("model name") is { Length: > 0 } name && name != "unknown" ? name : Unnamed(facts),
            RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant(),
            CoreCount(),
            Environment.ProcessorCount,
            Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128,
            [.. Telling.Where(flags.Contains)],
            CacheSizes.Host);
    }

    private static string Unnamed(Dictionary<string, string> facts) => facts.TryGetValue("vendor_id", out string? vendor)
        ? $"{vendor} family {facts.GetValueOrDefault("cpu family", "?")} model {facts.GetValueOrDefault("model", "?")}"
        : "unknown";

    private static Dictionary<string, string> Facts() => Lines("/proc/cpuinfo").TakeWhile(line => line.Length > 0)
        .Select(line => line.Split(':', 2, StringSplitOptions.TrimEntries))
        .Where(pair => pair.Length == 2)
        .GroupBy(pair => pair[0])
        .ToDictionary(g => g.Key, g => g.First()[1]);

    private static int CoreCount()
    {
        var cores = Folders("/sys/devices/system/cpu", "cpu*").Where(f => CpuFolder().IsMatch(f))
            .Select(f => Text(Path.Combine(f, "topology", "core_cpus_list")))
            .Where(t => t.Length > 0)
            .Distinct()
            .Count();
        return cores > 0 ? Math.Min(cores, Environment.ProcessorCount) : Environment.ProcessorCount;
    }

    private static IEnumerable<string> Folders(string path, string pattern) => Directory.Exists(path) ? Directory.EnumerateDirectories(path, pattern) : [];

    private static string Text(string path) => Lines(path).FirstOrDefault("").Trim();

    private static string[] Lines(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllLines(path) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    [GeneratedRegex(@"/cpu\d+$")]
    private static partial Regex CpuFolder();
}
