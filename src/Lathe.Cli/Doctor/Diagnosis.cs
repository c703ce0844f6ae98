using System.Runtime.InteropServices;
using Lathe.Cli.Printing;
using Lathe.Cli.Verbs;
using Lathe.Compilation;
using Lathe.Targets.Llvm;

namespace Lathe.Cli.Doctor;

/// <summary>One thing that Lathe can use.</summary>
/// <param name="Install">Debian's package for it.</param>
internal sealed record Finding(string What, bool Found, string Detail, string Install);

/// <summary>What was found on a machine.</summary>
/// <param name="LlvmCpu">LLVM's name for the processor; empty without LLVM.</param>
/// <param name="Target">What is compiled for where nothing else is asked.</param>
internal sealed record Diagnosis(IReadOnlyList<Finding> Findings, Processor Processor, string LlvmCpu, string Target)
{
    public static Diagnosis OfThisMachine()
    {
        bool llvm = LlvmLibrary.IsAvailable;
        List<Finding> findings =
        [
            new("Lathe", true, DoctorVerb.Version, ""),
            new(".NET runtime", true, $"{Environment.Version}, {RuntimeInformation.RuntimeIdentifier}, {RuntimeInformation.OSDescription}", ""),
            Sdk(),
            new("LLVM", llvm, llvm ? $"{LlvmLibrary.Version}, {LlvmLibrary.Path}" : $"{LlvmLibrary.Problem}; only the managed target works", "libllvm19"),
            Linker(),
            .. SystemLibrary.OfPictures.Select(l => l.IsThere()
                ? new Finding(l.File, true, $"for {l.For}", l.Package)
                : new Finding(l.File, false, $"not found; {l.For} cannot be read", l.Package)),
            SystemLibrary.OfTuning is var tuning && tuning.IsThere()
                ? new Finding(tuning.File, true, $"for {tuning.For}", tuning.Package)
                : new Finding(tuning.File, false, "not found; tuning learns by trees of its own", tuning.Package),
        ];
        return new(findings, Processor.Describe(), llvm ? LlvmTarget.Host.Cpu : "", TargetName());
    }

    private static Finding Sdk()
    {
        // .../shared/Microsoft.NETCore.App/10.0.0/ is three folders below the place of the SDKs.
        string root = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "sdk"));
        string[] versions = Directory.Exists(root)
            ? [.. Directory.EnumerateDirectories(root).Where(f => File.Exists(Path.Combine(f, "dotnet.dll"))).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)]
            : [];
        return new(".NET SDK", versions.Length > 0, versions.Length > 0 ? string.Join(", ", versions) : "not found; needed only to build Lathe", "dotnet-sdk-10.0");
    }

    private static Finding Linker()
    {
        string? path = Lathe.Targets.Llvm.Linker.Find(ObjectFormat.Elf);
        return new("lld", path is not null, path ?? "not found; models run, but cannot be compiled to a file", "lld-19");
    }

    private static string TargetName()
    {
        try
        {
            return TargetText.Short(Lathe.Compilation.Target.Parse(null).ToString()!);
        }
        catch (LatheException e)
        {
            return $"none: {e.Message}";
        }
    }
}
