namespace Lathe.Cli.Printing;

/// <summary>
/// Rows in columns as wide as their longest cell, two blanks apart. A heading that starts with <c>&gt;</c> aligns its column to the right.
/// </summary>
internal sealed class Table(params string[] headings)
{
    private readonly List<string[]> _rows = [];

    public int Count => _rows.Count;

    /// <summary>Cells that are left out are empty.</summary>
    public void Add(params string[] cells)
    {
        if (cells.Length > headings.Length)
            throw new ArgumentException($"{cells.Length} cells for {headings.Length} columns", nameof(cells));
        _rows.Add(cells);
    }

    public void Write(TextWriter output, string indent = "")
    {
        string[] titles = [.. headings.Select(h => h.TrimStart('>'))];
        bool hasTitles = titles.Any(t => t.Length > 0);
        IEnumerable<string[]> lines = hasTitles ? _rows.Prepend(titles) : _rows;
        int[] widths = [.. headings.Select((_, i) => lines.Max(r => i < r.Length ? r[i].Length : 0))];
        foreach (string[] row in lines)
        {
            var cells = row.Select((cell, i) => headings[i].StartsWith('>') ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]));
            output.WriteLine((indent + string.Join("  ", cells)).TrimEnd());
        }
    }
}
