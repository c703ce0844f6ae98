using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Lathe.Bench.Measuring;

/// <summary>What the figures were taken on.</summary>
internal sealed record Machine(string Processor, int Cores, int VectorBits, string System, string DotNet)
{
    public static Machine Describe() => new(
        ProcessorName(),
        Environment.ProcessorCount,
        Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128,
        RuntimeInformation.OSDescription,
        Environment.Version.ToString());

    public override string ToString() => $"{Processor}, {Cores} cores, {VectorBits}-bit vectors, {System}, .NET {DotNet}";

    private static string ProcessorName()
    {
        const string file = "/proc/cpuinfo";
        if (!File.Exists(file))
            return RuntimeInformation.ProcessArchitecture.ToString();
        var facts = File.ReadLines(file).TakeWhile(line => line.Length > 0)
            .Select(line => line.Split(':', 2, StringSplitOptions.TrimEntries))
            .Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => pair[1]);
        string Fact(string name) => facts.GetValueOrDefault(name, "?");
        return facts.ContainsKey("model name")
            ? $"{Fact("model name")} (family {Fact("cpu family")}, model {Fact("model")})"
            : RuntimeInformation.ProcessArchitecture.ToString();
    }
}
