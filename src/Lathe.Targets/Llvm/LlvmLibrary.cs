using System.Runtime.InteropServices;
using Lathe.Tensors;

namespace Lathe.Targets.Llvm;

/// <summary>
/// Finds libLLVM 19 and makes its targets ready. LATHE_LLVM names the file to use instead of the usual places.
/// </summary>
public static unsafe class LlvmLibrary
{
    private static readonly string[] Candidates = OperatingSystem.IsMacOS()
        ? ["libLLVM-19.dylib", "libLLVM.dylib", "/opt/homebrew/opt/llvm@19/lib/libLLVM.dylib"]
        : OperatingSystem.IsWindows()
            ? ["LLVM-C.dll", "libLLVM-19.dll"]
            : ["libLLVM.so.19.1", "libLLVM-19.so.1", "libLLVM-19.so", "/usr/lib/llvm-19/lib/libLLVM.so.19.1"];

    private static readonly string[] Targets = ["X86", "AArch64", "WebAssembly", "NVPTX", "ARM", "RISCV"];

    private static readonly string[] TargetParts = ["TargetInfo", "Target", "TargetMC", "AsmPrinter"];

    private static readonly Lazy<(nint Handle, string Path, string? Problem)> Loaded = new(Load);

    /// <summary>Whether a usable libLLVM was found.</summary>
    public static bool IsAvailable => Loaded.Value.Problem is null;

    /// <summary>Why not, with what to do about it; null when available.</summary>
    public static string? Problem => Loaded.Value.Problem;

    /// <summary>The file in use, or what it is called where the system does not tell its folder.</summary>
    public static string Path => Loaded.Value.Path;

    /// <summary>As libLLVM gives it: <c>19.1.7</c>.</summary>
    public static string Version
    {
        get
        {
            Require();
            LibLlvm.LLVMGetVersion(out uint major, out uint minor, out uint patch);
            return $"{major}.{minor}.{patch}";
        }
    }

    /// <summary>Throws an <see cref="UnsupportedException"/> that says what to install when libLLVM is missing.</summary>
    public static void Require()
    {
        if (Problem is { } problem)
            throw new UnsupportedException("LATHE4201", $"the llvm target needs libLLVM 19: {problem}", default(EquatableArray<string>),
                next: "install libllvm19 and lld-19, or set LATHE_LLVM to the library file, or use --target managed");
    }

    private static (nint Handle, string Path, string? Problem) Load()
    {
        string? named = Environment.GetEnvironmentVariable("LATHE_LLVM");
        foreach (string candidate in string.IsNullOrEmpty(named) ? Candidates : [named])
        {
            if (!NativeLibrary.TryLoad(candidate, out nint handle))
                continue;
            NativeLibrary.SetDllImportResolver(typeof(LibLlvm).Assembly, (name, _, _) => name == LibLlvm.Name ? handle : 0);
            if (!NativeLibrary.TryGetExport(handle, "LLVMGetVersion", out _))
                return (0, candidate, $"{candidate} is not libLLVM");
            LibLlvm.LLVMGetVersion(out uint major, out _, out _);
            if (major < 19)
                return (0, candidate, $"{candidate} is version {major}, and 19 or later is needed");
            LibLlvm.LLVMInstallFatalErrorHandler(&LibLlvm.OnFatalError);
            InitializeTargets(handle);
            return (handle, PathOf(candidate), null);
        }
        return (0, "", string.IsNullOrEmpty(named) ? $"none of {string.Join(", ", Candidates)} was found" : $"LATHE_LLVM={named} cannot be loaded");
    }

    private static void InitializeTargets(nint handle)
    {
        foreach (string target in Targets)
            foreach (string part in TargetParts)
                if (NativeLibrary.TryGetExport(handle, $"LLVMInitialize{target}{part}", out nint entry))
                    ((delegate* unmanaged[Cdecl]<void>)entry)();
    }

    private static string PathOf(string candidate)
    {
        if (!OperatingSystem.IsLinux() || System.IO.Path.IsPathRooted(candidate))
            return candidate;
        foreach (string line in File.ReadLines("/proc/self/maps"))
        {
            int at = line.IndexOf('/', StringComparison.Ordinal);
            if (at > 0 && line.AsSpan(at).Contains("libLLVM", StringComparison.Ordinal))
                return line[at..];
        }
        return candidate;
    }
}
