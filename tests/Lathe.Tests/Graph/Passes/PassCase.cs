using System.Text;

namespace Lathe.Tests.Graphs.Passes;

/// <summary>
/// A program and what a pass makes of it. Files hold many: <c>== name</c>, the program, <c>-- gives</c>, the result or
/// <c>(unchanged)</c>.
/// </summary>
public sealed record PassCase(string Name, string Input, string Expected)
{
    public const string Unchanged = "(unchanged)";

    private const string Head = "== ";
    private const string Middle = "-- gives";

    public static IReadOnlyList<PassCase> Read(string path)
    {
        var cases = new List<PassCase>();
        string? name = null;
        var (input, expected) = (new StringBuilder(), new StringBuilder());
        var part = input;
        foreach (string line in File.ReadLines(path))
        {
            if (line.StartsWith(Head, StringComparison.Ordinal))
            {
                Close();
                name = line[Head.Length..];
            }
            else if (line == Middle)
            {
                part = expected;
            }
            else
            {
                part.Append(line).Append('\n');
            }
        }
        Close();
        return cases;

        void Close()
        {
            if (name is not null)
                cases.Add(new(name, input.ToString().Trim(), expected.ToString().Trim()));
            input.Clear();
            expected.Clear();
            part = input;
        }
    }

    public static void Write(string path, IEnumerable<PassCase> cases) =>
        File.WriteAllText(path, string.Join("\n", cases.Select(c => $"{Head}{c.Name}\n{c.Input}\n{Middle}\n{c.Expected}\n")));
}
