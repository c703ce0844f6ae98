using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Lathe.Tensors;

namespace Lathe.Formats;

/// <summary>
/// The shapes that a user gives to a model's inputs, written <c>data:[1,3,224,224] mask:[1,n]</c>, with blanks, commas or semicolons
/// between them. A name is everything before the last <c>:[</c>, so that names may hold colons. An extent that is a name, <c>?</c>
/// or -1 stays as the model has it.
/// </summary>
public sealed class InputShapes : IEnumerable<KeyValuePair<string, Shape>>
{
    private readonly Dictionary<string, Shape> _shapes = [];

    public static InputShapes None => new();

    public int Count => _shapes.Count;

    /// <summary>Reads the notation above. Throws a <see cref="ModelException"/> that shows where it does not fit.</summary>
    public static InputShapes Parse(string text)
    {
        var result = new InputShapes();
        int at = 0;
        while (true)
        {
            while (at < text.Length && (char.IsWhiteSpace(text[at]) || text[at] is ',' or ';'))
                at++;
            if (at == text.Length)
                return result;
            int open = text.IndexOf('[', at);
            int close = open < 0 ? -1 : text.IndexOf(']', open);
            string name = close < 0 ? "" : text[at..open].Trim();
            if (name.Length < 2 || name[^1] != ':')
                throw Malformed(text[at..]);
            name = name[..^1].TrimEnd().Trim('"', '\'');
            result.Add(name, [.. text[(open + 1)..close].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(e => Extent(e, name))]);
            at = close + 1;
        }
    }

    public void Add(string name, Shape shape)
    {
        if (!_shapes.TryAdd(name, shape))
            throw new ModelException("LATHE3001", $"the input '{name}' is given two shapes");
    }

    public bool TryGet(string name, [NotNullWhen(true)] out Shape? shape) => _shapes.TryGetValue(name, out shape);

    public IEnumerator<KeyValuePair<string, Shape>> GetEnumerator() => _shapes.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static Dim Extent(string text, string name)
    {
        if (text is "?" or "-1" || text.Any(c => !char.IsAsciiDigit(c) && c is not ('-' or '+')))
            return Dim.Named(text);
        return long.TryParse(text, out long extent) && extent >= 0 ? extent : throw Malformed($"{name}: {text}");
    }

    private static ModelException Malformed(string text) =>
        new("LATHE3000", $"the input shapes cannot be read at '{text}'", "write them as \"data:[1,3,224,224] mask:[1,16]\"");
}
