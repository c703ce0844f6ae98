namespace Lathe.Tests.Docs;

/// <summary>The pages of documentation: those of docs/, and those in the root folder.</summary>
internal static class Pages
{
    public static readonly string Root = Path.GetFullPath(TestFiles.InSource("../../.."));

    /// <summary>Their paths from the root folder.</summary>
    public static TheoryData<string> All =>
        [.. Directory.EnumerateFiles(PathOf("docs"), "*.md", SearchOption.AllDirectories).Concat(Directory.EnumerateFiles(Root, "*.md"))
            .Select(page => Path.GetRelativePath(Root, page)).Order(StringComparer.Ordinal)];

    public static string PathOf(string page) => Path.Combine(Root, page);
}
