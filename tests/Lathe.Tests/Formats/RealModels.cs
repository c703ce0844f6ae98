using System.Runtime.CompilerServices;

namespace Lathe.Tests.Formats;

/// <summary>Models and suites that are not part of the repository: folders beside it, or where LATHE_MODELS points, with the archives' own paths inside.</summary>
internal static class RealModels
{
    /// <summary>The folder with unpacked models, or null where there is none.</summary>
    public static string? Folder { get; } = Find();

    private static readonly Lazy<string[]> All = new(() => Folder is null ? [] : [.. Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)]);

    /// <summary>The files of these names, wherever they are in the folder.</summary>
    public static IEnumerable<string> Files(params string[] names) => All.Value.Where(f => names.Contains(Path.GetFileName(f)));

    private static string? Find([CallerFilePath] string here = "")
    {
        if (Environment.GetEnvironmentVariable("LATHE_MODELS") is { Length: > 0 } named)
            return Directory.Exists(named) ? named : null;
        for (var folder = new DirectoryInfo(Path.GetDirectoryName(here)!); folder is not null; folder = folder.Parent)
        {
            string unpacked = Path.Combine(folder.FullName, ".cache", "models");
            if (Directory.Exists(unpacked))
                return unpacked;
        }
        return null;
    }
}
