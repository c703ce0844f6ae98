using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>The labels of an einsum equation, a character an axis; the axes of ellipses get characters of their own.</summary>
internal sealed record EinsumLabels(EquatableArray<string> Operands, string Result)
{
    private const string Ellipsis = "...";

    /// <summary>Throws a <see cref="ModelException"/> when the equation is malformed or does not suit operands of the ranks.</summary>
    public static EinsumLabels Parse(string equation, IReadOnlyList<int> ranks)
    {
        string[] sides = equation.Replace(" ", "", StringComparison.Ordinal).Split("->");
        string[] operands = sides[0].Split(',');
        if (sides.Length > 2 || operands.Length != ranks.Count)
            throw Malformed(equation, $"does not name {ranks.Count} operands and one result");
        int broadcast = 0;
        for (int i = 0; i < operands.Length; i++)
            if (operands[i].Contains(Ellipsis, StringComparison.Ordinal))
                broadcast = Math.Max(broadcast, ranks[i] - (operands[i].Length - Ellipsis.Length));
        for (int i = 0; i < operands.Length; i++)
        {
            int covered = ranks[i] - (operands[i].Length - Ellipsis.Length);
            operands[i] = WithoutEllipsis(operands[i], Math.Max(0, covered), broadcast, equation);
            if (operands[i].Length != ranks[i])
                throw Malformed(equation, $"does not name the {ranks[i]} axes of operand {i}");
        }
        string all = string.Concat(operands);
        string result = sides.Length == 2
            ? WithoutEllipsis(sides[1], broadcast, broadcast, equation)
            : WithoutEllipsis(Ellipsis, broadcast, broadcast, equation) + string.Concat(all.Where(c => char.IsAsciiLetter(c) && all.Count(o => o == c) == 1).Order());
        if (result.Distinct().Count() != result.Length || result.Any(c => !all.Contains(c)))
            throw Malformed(equation, "has a result with labels that repeat or that no operand has");
        return new(operands, result);
    }

    /// <summary>Puts labels for the last <paramref name="covered"/> of the broadcast axes in the ellipsis' place.</summary>
    private static string WithoutEllipsis(string labels, int covered, int broadcast, string equation)
    {
        int at = labels.IndexOf(Ellipsis, StringComparison.Ordinal);
        string plain = at < 0 ? labels : labels.Remove(at, Ellipsis.Length);
        if (!plain.All(char.IsAsciiLetter))
            throw Malformed(equation, "has labels that are not letters");
        return at < 0 ? labels : plain.Insert(at, string.Concat(Enumerable.Range(broadcast - covered, covered).Select(i => (char)('\u0100' + i))));
    }

    private static ModelException Malformed(string equation, string why) => new("LATHE2084", $"the equation '{equation}' {why}");
}
