using System.Text.RegularExpressions;

namespace Lathe.Tests.Docs;

/// <summary>What pages name in backquotes as files and types of the code is in the code, so that a renamed type is renamed in the pages too.</summary>
public sealed partial class NameTests
{
    private static readonly string[] Folders = ["src", "bench", "tests", "samples"];

    private static readonly Lazy<(HashSet<string> Files, HashSet<string> Words)> Code = new(ReadCode);

    [Theory]
    [MemberData(nameof(Pages.All), MemberType = typeof(Pages))]
    public void Every_file_and_type_is_there(string page)
    {
        // What has been is in the changelog, under its name of then.
        if (page == "CHANGELOG.md")
            return;
        string text = Listing().Replace(File.ReadAllText(Pages.PathOf(page)), "");
        var named = Quoted().Matches(text).Select(m => m.Groups[1].Value).Where(name => !name.Contains('*')).Distinct();
        string[] missing = [.. named.Where(name => !IsThere(name))];
        Assert.Empty(missing);
    }

    private static bool IsThere(string name) => name.EndsWith(".cs", StringComparison.Ordinal)
        ? Code.Value.Files.Contains(Path.GetFileName(name))
        : !TypeName().IsMatch(name) || name.Split('.').All(Code.Value.Words.Contains);

    private static (HashSet<string> Files, HashSet<string> Words) ReadCode()
    {
        string[] paths = [.. Folders.SelectMany(folder => Directory.EnumerateFiles(Pages.PathOf(folder), "*", SearchOption.AllDirectories)).Where(IsSource)];
        return ([.. paths.Select(p => Path.GetFileName(p))], [.. paths.SelectMany(p => Word().Matches(File.ReadAllText(p)).Select(m => m.Value))]);
    }

    private static bool IsSource(string path) =>
        Path.GetExtension(path) is ".cs" or ".csproj" && !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal);

    [GeneratedRegex("```.*?```", RegexOptions.Singleline)]
    private static partial Regex Listing();

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex Quoted();

    /// <summary>Names of two words at least, such as TypeName or TypeName.MemberName: single words are often operators of other programs.</summary>
    [GeneratedRegex(@"^[A-Z][a-z]+[A-Z]\w*(\.[A-Z]\w*)*$")]
    private static partial Regex TypeName();

    [GeneratedRegex(@"[A-Za-z_]\w*")]
    private static partial Regex Word();
}
