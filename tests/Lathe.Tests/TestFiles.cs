using System.Runtime.CompilerServices;

namespace Lathe.Tests;

/// <summary>Finds data files of the tests in the source tree, where a bless switch can rewrite them.</summary>
internal static class TestFiles
{
    public static string InSource(string name, [CallerFilePath] string here = "") => Path.Combine(Root(here), "files", name);

    private static string Root(string here)
    {
        var folder = new DirectoryInfo(Path.GetDirectoryName(here)!);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Lathe.Tests.csproj")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException($"no test project above {here}");
    }
}
