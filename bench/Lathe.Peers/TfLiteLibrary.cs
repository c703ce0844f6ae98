using System.Runtime.InteropServices;

namespace Lathe.Peers;

/// <summary>Finds TensorFlow Lite's shared C library on this machine.</summary>
public static class TfLiteLibrary
{
    /// <summary>The environment variable that names the library's file and wins over every other place.</summary>
    public const string Variable = "LATHE_TFLITE";

    private const string FileName = "libtensorflowlite_c.so";

    /// <summary>The library's path, or null where there is none: <c>LATHE_TFLITE</c>, else what was unpacked under <c>.cache/npm/tfjs-tflite-node</c>.</summary>
    public static string? Find()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
            return File.Exists(named) ? named : throw new TfLiteException($"{Variable} names '{named}', which is not a file");
        string architecture = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux_arm64" : "linux_amd64";
        foreach (string start in new[] { AppContext.BaseDirectory, Environment.CurrentDirectory })
        {
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                string path = Path.Combine(folder.FullName, ".cache", "npm", "tfjs-tflite-node", "cc_deps", architecture, FileName);
                if (File.Exists(path))
                    return path;
            }
        }
        return null;
    }

    /// <summary>As <see cref="Find"/>; throws with what to do where there is none.</summary>
    public static string Require() => Find() ?? throw new TfLiteException(
        $"TensorFlow Lite was not found; run eng/fetch.sh --bench, or set {Variable} to the path of {FileName}");
}
