using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Lathe.Tensors;

namespace Lathe.Runtime;

/// <summary>Whether code made for a target runs on this machine.</summary>
internal static class HostCheck
{
    /// <summary>Throws an <see cref="UnsupportedException"/> when it does not.</summary>
    public static void Require(string target, string code, string file)
    {
        string triple = Option(target, "-mtriple=");
        string here = $"{Architecture}-{Os}";
        string[] parts = triple.Split('-');
        bool runs = code == "mod.so" && Normal(parts[0]) == Architecture && parts.Skip(1).Any(p => p.StartsWith(Os, StringComparison.Ordinal));
        if (!runs)
            throw new UnsupportedException("LATHE6016", $"'{file}' was compiled for {triple} ({code}) and cannot run on this machine ({here})", next: "compile the model for this machine: lathe compile MODEL --target native -o OUT.tar");
        var missing = Needed(target).Where(f => Has(f) is false).ToEquatableArray();
        if (missing.Count > 0)
            throw new UnsupportedException("LATHE6017", $"'{file}' was compiled for a processor with features that this one does not have:", missing, "compile the model for this machine: lathe compile MODEL --target native -o OUT.tar");
    }

    private static string Architecture => Normal(RuntimeInformation.ProcessArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "x86_64",
        System.Runtime.InteropServices.Architecture.Arm64 => "aarch64",
        var other => other.ToString(),
    });

    private static string Os =>
        OperatingSystem.IsLinux() ? "linux" : OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsFreeBSD() ? "freebsd" : "macosx";

    private static string Normal(string architecture) => architecture.ToLowerInvariant() switch
    {
        "amd64" => "x86_64",
        "arm64" => "aarch64",
        var name => name,
    };

    private static IEnumerable<string> Needed(string target)
    {
        var features = Option(target, "-mattr=").Split(',').Where(f => f.StartsWith('+')).Select(f => f[1..]);
        return Option(target, "-mcpu=") switch
        {
            "x86-64-v3" => features.Concat(["avx2", "fma"]),
            "x86-64-v4" => features.Concat(["avx2", "fma", "avx512f", "avx512bw", "avx512vl"]),
            _ => features,
        };
    }

    /// <summary>Null when that is not known.</summary>
    private static bool? Has(string feature) => Architecture != "x86_64" ? null : feature switch
    {
        "sse4.2" => Sse42.IsSupported,
        "popcnt" => Popcnt.IsSupported,
        "avx" => Avx.IsSupported,
        "avx2" => Avx2.IsSupported,
        "fma" => Fma.IsSupported,
        "bmi2" => Bmi2.IsSupported,
        "avx512f" => Avx512F.IsSupported,
        "avx512bw" => Avx512BW.IsSupported,
        "avx512dq" => Avx512DQ.IsSupported,
        "avx512vl" => Avx512F.VL.IsSupported,
        "avx512vbmi" => Avx512Vbmi.IsSupported,
        _ => null,
    };

    private static string Option(string target, string key) =>
        target.Split(' ').FirstOrDefault(w => w.StartsWith(key, StringComparison.Ordinal))?[key.Length..] ?? "";
}
