namespace Lathe.Tests.Formats;

/// <summary>
/// A list of known exceptions under tests/Lathe.Tests/files: a line each, "name | reason" or "name | what happens | reason". LATHE_BLESS=1 rewrites it and keeps the
/// reasons; a line that has none yet fails.
/// </summary>
internal static class ReasonedList
{
    private const string Separator = " | ";
    private const string Unexplained = "?";

    /// <summary>Asserts that the file's lines about names that <paramref name="covers"/> are these, in their order, and that each has its reason.</summary>
    public static void AssertIs(string file, IEnumerable<(string Name, string? What)> found, Func<string, bool> covers)
    {
        string path = TestFiles.InSource(file);
        string[] listed = File.Exists(path) ? File.ReadAllLines(path) : [];
        var reasons = listed.ToDictionary(NameOf, l => l[(l.LastIndexOf(Separator, StringComparison.Ordinal) + Separator.Length)..]);
        string[] lines = [.. found.Select(f => string.Join(Separator, new[] { f.Name, f.What, reasons.GetValueOrDefault(f.Name, Unexplained) }.OfType<string>()))];
        if (Environment.GetEnvironmentVariable("LATHE_BLESS") == "1")
            File.WriteAllLines(path, listed.Where(l => !covers(NameOf(l))).Concat(lines).Order(StringComparer.Ordinal));
        Assert.Equal(listed.Where(l => covers(NameOf(l))), lines);
        Assert.DoesNotContain(lines, l => l.EndsWith(Separator + Unexplained, StringComparison.Ordinal));
    }

    private static string NameOf(string line) => line[..line.IndexOf(Separator, StringComparison.Ordinal)];
}
