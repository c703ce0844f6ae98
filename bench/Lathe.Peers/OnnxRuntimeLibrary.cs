using System.Runtime.InteropServices;

namespace Lathe.Peers;

/// <summary>Finds ONNX Runtime's shared library on this machine.</summary>
public static class OnnxRuntimeLibrary
{
    /// <summary>The environment variable that names the library's file and wins over every other place.</summary>
    public const string Variable = "LATHE_ORT";

    private const string FileName = "libonnxruntime.so";

    /// <summary>The library's path, or null where there is none: <c>LATHE_ORT</c>, else what was fetched to <c>.cache/onnxruntime</c>.</summary>
    public static string? Find()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
            return File.Exists(named) ? named : throw new OnnxRuntimeException($"{Variable} names '{named}', which is not a file");
        foreach (string start in new[] { AppContext.BaseDirectory, Environment.CurrentDirectory })
        {
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                if (FindUnder(Path.Combine(folder.FullName, ".cache", "onnxruntime")) is { } found)
                    return found;
            }
        }
        return null;
    }

    /// <summary>As <see cref="Find"/>; throws with what to do where there is none.</summary>
    public static string Require() => Find() ?? throw new OnnxRuntimeException(
        $"ONNX Runtime was not found; run eng/fetch.sh --bench, or set {Variable} to the path of {FileName}");

    private static string? FindUnder(string folder)
    {
        string system = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64";
        string path = Path.Combine(folder, system, "native", FileName);
        return File.Exists(path) ? path : null;
    }
}
