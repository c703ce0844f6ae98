using System.Text;
using Lathe.Tensors;

namespace Lathe.Graphs.Text;

/// <summary>Reads the pieces of the text form, skipping blanks and comments before each.</summary>
internal sealed class GraphLexer(string text)
{
    private int _at;

    public bool AtEnd => Peek() == '\0';

    /// <summary>The next character that is not blank; 0 at the end.</summary>
    public char Peek()
    {
        while (_at < text.Length)
        {
            if (text[_at] == '#')
                while (_at < text.Length && text[_at] != '\n')
                    _at++;
            else if (char.IsWhiteSpace(text[_at]))
                _at++;
            else
                return text[_at];
        }
        return '\0';
    }

    public bool Accept(char c)
    {
        if (Peek() != c)
            return false;
        _at++;
        return true;
    }

    /// <summary>Takes a whole word if it is next.</summary>
    public bool AcceptWord(string word)
    {
        Peek();
        if (string.CompareOrdinal(text, _at, word, 0, word.Length) != 0)
            return false;
        int end = _at + word.Length;
        if (end < text.Length && GraphWords.IsIdentifierPart(text[end]))
            return false;
        _at = end;
        return true;
    }

    public void Expect(char c)
    {
        if (!Accept(c))
            throw Error($"'{c}' is expected");
    }

    public void Expect(string word)
    {
        if (Identifier() is var found && found != word)
            throw Error($"'{word}' is expected and '{found}' found");
    }

    public string Identifier()
    {
        if (!GraphWords.IsIdentifierStart(Peek()))
            throw Error("a name is expected");
        return TakeWhile(GraphWords.IsIdentifierPart);
    }

    /// <summary>The identifier that is next, left in place; empty when there is none.</summary>
    public string PeekIdentifier()
    {
        if (!GraphWords.IsIdentifierStart(Peek()))
            return "";
        int start = _at;
        string name = TakeWhile(GraphWords.IsIdentifierPart);
        _at = start;
        return name;
    }

    /// <summary>An identifier or anything in backquotes.</summary>
    public string Name() => Peek() == '`' ? Quoted('`') : Identifier();

    /// <summary>A number as written, or inf, -inf, nan.</summary>
    public string Number()
    {
        Peek();
        string number = TakeWhile(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '+');
        return number.Length > 0 ? number : throw Error("a number is expected");
    }

    public string Digits()
    {
        string digits = TakeWhile(char.IsAsciiLetterOrDigit);
        return digits.Length > 0 ? digits : throw Error("digits are expected");
    }

    public string Quoted(char quote)
    {
        Expect(quote);
        var value = new StringBuilder();
        while (_at < text.Length && text[_at] != quote)
        {
            char c = text[_at++];
            if (c == '\\' && _at < text.Length)
            {
                c = text[_at++];
                if (c == 'u' && _at + 4 <= text.Length && ushort.TryParse(text.AsSpan(_at, 4), System.Globalization.NumberStyles.HexNumber, null, out ushort code))
                {
                    c = (char)code;
                    _at += 4;
                }
            }
            value.Append(c);
        }
        if (_at >= text.Length)
            throw Error($"the closing {quote} is missing");
        _at++;
        return value.ToString();
    }

    public Shape Shape()
    {
        Expect('[');
        var dims = new List<Dim>();
        while (!Accept(']'))
        {
            if (dims.Count > 0)
                Expect(',');
            dims.Add(Dim());
        }
        return [.. dims];
    }

    public Dim Dim()
    {
        if (Peek() == '`')
            return Tensors.Dim.Named(Quoted('`'));
        string dim = TakeWhile(c => GraphWords.IsIdentifierPart(c) || c is '(' or ')' or '+' or '-' or '*' or '/');
        if (dim.Length == 0)
            throw Error("an extent is expected");
        if (!char.IsAsciiDigit(dim[0]) && dim[0] != '-')
            return Tensors.Dim.Named(dim);
        return long.TryParse(dim, out long extent) && extent >= 0 ? extent : throw Error($"'{dim}' is not an extent");
    }

    public DType Element()
    {
        string name = Identifier();
        return DTypes.TryParse(name, out var type) ? type : throw Error($"'{name}' is not an element type");
    }

    public TensorType Type() => new(Element(), Shape());

    public ModelException Error(string message)
    {
        var before = text.AsSpan(0, Math.Min(_at, text.Length));
        int line = before.Count('\n') + 1;
        return new ModelException("LATHE2902", $"line {line}, column {before.Length - before.LastIndexOf('\n')}: {message}");
    }

    private string TakeWhile(Func<char, bool> belongs)
    {
        int start = _at;
        while (_at < text.Length && belongs(text[_at]))
            _at++;
        return text[start.._at];
    }
}
