using System.ComponentModel;
using System.Diagnostics;

namespace Lathe.Targets.Llvm;

/// <summary>
/// Makes one file of a program's objects with LLVM's linker: a shared library for ELF systems, a module for WebAssembly. It
/// needs no libc and exports only what <see cref="CHeader"/> declares.
/// </summary>
public static class Linker
{
    private static readonly string[] Folders = ["/usr/lib/llvm-19/bin", "/opt/homebrew/opt/lld@19/bin", "/opt/homebrew/opt/llvm@19/bin"];

    /// <summary>What <see cref="Link"/> calls its result for a target: <c>mod.so</c>, <c>mod.wasm</c> or <c>mod.o</c>.</summary>
    public static string FileName(LlvmTarget target) =>
        !target.HasLinker ? "mod.o" : target.Format == ObjectFormat.Wasm ? "mod.wasm" : "mod.so";

    /// <summary>The linker's file for an object format, or null when it is not installed.</summary>
    public static string? Find(ObjectFormat format)
    {
        string name = format == ObjectFormat.Wasm ? "wasm-ld" : "ld.lld";
        string[] path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        foreach (string suffix in new[] { "-19", "" })
            foreach (string folder in path.Concat(Folders))
                if (Path.Combine(folder, name + suffix + (OperatingSystem.IsWindows() ? ".exe" : "")) is var file && File.Exists(file))
                    return file;
        return null;
    }

    /// <summary>
    /// Links objects of <see cref="LlvmCompiler.Compile"/>. Throws an <see cref="UnsupportedException"/> when there is no linker and an
    /// <see cref="InternalException"/> with the linker's words when it fails.
    /// </summary>
    public static byte[] Link(IReadOnlyList<byte[]> objects, LlvmTarget target)
    {
        if (!target.HasLinker)
            return objects is [var single] ? single : throw new InternalException("LATHE4240", $"{objects.Count} objects for {target.Triple}");
        string linker = Find(target.Format)
            ?? throw new UnsupportedException("LATHE4241", "the llvm target needs LLVM's linker, which was not found", next: "install lld-19");
        var folder = Directory.CreateTempSubdirectory("lathe-");
        try
        {
            var arguments = new List<string>();
            string output = Path.Combine(folder.FullName, FileName(target));
            if (target.Format == ObjectFormat.Wasm)
            {
                arguments.AddRange(["--no-entry", "--export-dynamic", "--export-memory", "--export-table", "--growable-table", "--export=__heap_base",
                    "--allow-undefined", "--gc-sections", "--strip-all"]);
            }
            else
            {
                string exports = Path.Combine(folder.FullName, "exports");
                File.WriteAllText(exports, "{ global: lathe_*; local: *; };\n");
                arguments.AddRange(["-shared", "-soname", "mod.so", $"--version-script={exports}", "--gc-sections", "--strip-debug", "-z", "noexecstack"]);
            }
            arguments.AddRange(["-o", output]);
            for (int i = 0; i < objects.Count; i++)
            {
                string file = Path.Combine(folder.FullName, $"{i}.o");
                File.WriteAllBytes(file, objects[i]);
                arguments.Add(file);
            }
            Run(linker, arguments);
            return File.ReadAllBytes(output);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Run(string linker, List<string> arguments)
    {
        var start = new ProcessStartInfo(linker, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            string errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0)
                throw new InternalException("LATHE4242", $"{linker} failed: {(errors + output.Result).Trim()}");
        }
        catch (Win32Exception e)
        {
            throw new UnsupportedException("LATHE4241", $"{linker} cannot be started: {e.Message}", next: "install lld-19");
        }
    }
}
