using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using Lathe.Cli.Doctor;
using Lathe.Cli.Printing;
using Lathe.Targets;
using Lathe.Targets.Llvm;

namespace Lathe.Cli.Verbs;

/// <summary>Says what Lathe found on this machine, and what to install for what it did not find.</summary>
internal static class DoctorVerb
{
    public static Command Create(Terminal terminal)
    {
        var json = SharedOptions.Json();
        var verb = new Verb("doctor", "Says what was found on this machine: .NET, LLVM, the processor, picture libraries; and what to install.", "lathe doctor") { json };
        verb.SetAction(parsed =>
        {
            var report = Diagnosis.OfThisMachine();
            if (parsed.GetValue(json))
                JsonOutput.Write(terminal.Out, report);
            else
                Write(report, terminal.Out);
            return 0;
        });
        return verb;
    }

    public static string Version =>
        typeof(DoctorVerb).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    private static void Write(Diagnosis report, TextWriter output)
    {
        var table = new Table("", "", "");
        foreach (var finding in report.Findings)
            table.Add(finding.Found ? "ok" : "--", finding.What, finding.Detail);
        table.Write(output);
        output.WriteLine();
        var cpu = report.Processor;
        var facts = new Table("", "");
        facts.Add("processor", $"{cpu.Name} ({cpu.Architecture}{(report.LlvmCpu.Length > 0 ? $"; LLVM calls it {report.LlvmCpu}" : "")})");
        facts.Add("cores", $"{Quantity.Of(cpu.Cores, "core")}, {Quantity.Of(cpu.Threads, "thread")}, {cpu.VectorBits}-bit vectors");
        facts.Add("features", cpu.Features.Count > 0 ? string.Join(' ', cpu.Features) : "unknown");
        facts.Add("caches", Caches(cpu.Caches));
        facts.Add("target", report.Target);
        facts.Write(output);
        string[] missing = [.. report.Findings.Where(f => !f.Found).Select(f => f.Install)];
        output.WriteLine();
        output.WriteLine(missing.Length == 0 ? "Nothing is missing." : $"To install what is missing (Debian's names): apt-get install --no-install-recommends {string.Join(' ', missing.Distinct())}");
    }

    private static string Caches(CacheSizes sizes)
    {
        string[] shape = [.. new[] { (sizes.L1Ways, "ways"), (sizes.LineBytes, "bytes a line") }.Where(f => f.Item1 > 0).Select(f => $"{f.Item1} {f.Item2}")];
        return $"L1 data {Size(sizes.L1Bytes)}{(shape.Length > 0 ? $" ({string.Join(", ", shape)})" : "")}, L2 of a core {Size(sizes.L2Bytes)}, L3 {Size(sizes.L3Bytes)}";
    }

    private static string Size(long bytes) => bytes == 0 ? "unknown" : bytes >= 1 << 20 ? $"{bytes / (double)(1 << 20):0.##} MiB" : $"{bytes >> 10} KiB";
}
