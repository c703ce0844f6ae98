using System.Text.RegularExpressions;

namespace Lathe.Tests.Docs;

/// <summary>Links between the project's pages lead to files that are there, and to headings that are there.</summary>
public sealed partial class LinkTests
{
    private static readonly string RootFolder = Path.GetFullPath(TestFiles.InSource("../../.."));

    public static TheoryData<string> Pages =>
        [.. Directory.EnumerateFiles(Path.Combine(RootFolder, "docs"), "*.md", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(RootFolder, "*.md"))
            .Select(page => Path.GetRelativePath(RootFolder, page)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Pages))]
    public void EveryLinkLeadsSomewhere(string page)
    {
        string path = Path.Combine(RootFolder, page);
        var broken = Link().Matches(File.ReadAllText(path)).Select(link => link.Groups[1].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal) && !Resolves(path, target));
        Assert.Empty(broken);
    }

    private static bool Resolves(string page, string target)
    {
        string[] parts = target.Split('#', 2);
        string file = parts[0].Length == 0 ? page : Path.Combine(Path.GetDirectoryName(page)!, parts[0]);
        return parts.Length == 1
            ? File.Exists(file) || Directory.Exists(file)
            : File.Exists(file) && Heading().Matches(File.ReadAllText(file)).Any(heading => Anchor(heading.Groups[1].Value) == parts[1]);
    }

    /// <summary>What hosts of repositories make of a heading: lower case, hyphens for spaces, no other punctuation.</summary>
    private static string Anchor(string heading) =>
        string.Concat(heading.Trim().ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')).Replace(' ', '-');

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (.*)$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
