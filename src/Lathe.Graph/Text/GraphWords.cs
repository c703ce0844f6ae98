using System.Text;
using Lathe.Tensors;

namespace Lathe.Graphs.Text;

/// <summary>How names, types and quoted strings look in the text form.</summary>
internal static class GraphWords
{
    public static string Name(string name) => IsIdentifier(name) ? name : Quote(name, '`');

    public static string Type(TensorType type) => type.Element.Name + Shape(type.Shape);

    public static string Shape(Shape shape) => $"[{string.Join(",", shape.Select(Dim))}]";

    /// <summary>The string between quotes, with backslash escapes for the quote, the backslash and control characters.</summary>
    public static string Quote(string value, char quote)
    {
        var text = new StringBuilder().Append(quote);
        foreach (char c in value)
        {
            if (c == quote || c == '\\')
                text.Append('\\').Append(c);
            else if (char.IsControl(c))
                text.Append($"\\u{(int)c:x4}");
            else
                text.Append(c);
        }
        return text.Append(quote).ToString();
    }

    public static bool IsIdentifierStart(char c) => char.IsAsciiLetter(c) || c == '_';

    public static bool IsIdentifierPart(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '.';

    private static string Dim(Dim dim)
    {
        if (dim.IsKnown)
            return dim.Value.ToString();
        return dim.Symbol.All(c => IsIdentifierPart(c) || c is '(' or ')' or '+' or '-' or '*' or '/') && !char.IsAsciiDigit(dim.Symbol[0])
            ? dim.Symbol
            : Quote(dim.Symbol, '`');
    }

    private static bool IsIdentifier(string name) =>
        name.Length > 0 && IsIdentifierStart(name[0]) && name.All(IsIdentifierPart) && !DTypes.TryParse(name, out _);
}
