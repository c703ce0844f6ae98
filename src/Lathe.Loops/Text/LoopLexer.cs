using System.Text;

namespace Lathe.Loops;

internal enum TokenKind
{
    End, Name, Quoted, Integer, Fraction, Sign,
}

/// <summary>
/// A word of the text form. Text is a name without its quotes, a sign, or a number's digits; Suffix is a number's type or empty.
/// Lines and columns count from 1.
/// </summary>
internal readonly record struct Token(TokenKind Kind, string Text, string Suffix, int Line, int Column)
{
    public override string ToString() => Kind == TokenKind.End ? "the end of the text" : $"'{Text}{Suffix}'";
}

/// <summary>Splits the text form into tokens; blanks, line ends and comments (# to the end of the line) only separate.</summary>
internal sealed class LoopLexer(string text)
{
    private static readonly string[] Signs =
        ["->", "..", "//", "<<", ">>", "<=", ">=", "==", "!=", "(", ")", "[", "]", "{", "}", ",", ":", ".", "=", "<", ">", "+", "-", "*", "/", "%", "&", "|", "^", "!"];

    private int _at;
    private int _line = 1;
    private int _lineStart;

    public static ModelException Error(int line, int column, string code, string message) =>
        new(code, $"loop text, line {line}, column {column}: {message}");

    public List<Token> ReadAll()
    {
        var tokens = new List<Token>();
        do
            tokens.Add(Read());
        while (tokens[^1].Kind != TokenKind.End);
        return tokens;
    }

    private Token Read()
    {
        SkipBlanks();
        int start = _at;
        if (_at == text.Length)
            return Make(TokenKind.End, "", start);
        char c = text[_at];
        if (LoopWords.IsNameStart(c))
            return Make(TokenKind.Name, Take(LoopWords.IsNamePart), start);
        if (char.IsAsciiDigit(c))
            return Number(start);
        if (c == '`')
            return Make(TokenKind.Quoted, Quoted(start), start);
        foreach (string sign in Signs)
        {
            if (string.CompareOrdinal(text, _at, sign, 0, sign.Length) == 0)
            {
                _at += sign.Length;
                return Make(TokenKind.Sign, sign, start);
            }
        }
        throw Error(_line, Column(start), "LATHE4101", $"the character '{c}' has no meaning here");
    }

    private void SkipBlanks()
    {
        for (; _at < text.Length; _at++)
        {
            if (text[_at] == '#')
            {
                while (_at < text.Length && text[_at] != '\n')
                    _at++;
                _at--;
            }
            else if (text[_at] == '\n')
            {
                _line++;
                _lineStart = _at + 1;
            }
            else if (!char.IsWhiteSpace(text[_at]))
            {
                return;
            }
        }
    }

    private Token Number(int start)
    {
        string digits = Take(char.IsAsciiDigit);
        bool fraction = false;
        if (Peek(0) == '.' && char.IsAsciiDigit(Peek(1)))
        {
            _at++;
            digits += "." + Take(char.IsAsciiDigit);
            fraction = true;
        }
        int sign = Peek(1) is '+' or '-' ? 1 : 0;
        if (Peek(0) == 'e' && char.IsAsciiDigit(Peek(1 + sign)))
        {
            digits += text.Substring(_at, 1 + sign);
            _at += 1 + sign;
            digits += Take(char.IsAsciiDigit);
            fraction = true;
        }
        var token = Make(fraction ? TokenKind.Fraction : TokenKind.Integer, digits, start);
        return token with { Suffix = Take(LoopWords.IsNamePart) };
    }

    private string Quoted(int start)
    {
        var name = new StringBuilder();
        for (_at++; Peek(0) is not ('`' or '\0' or '\n'); _at++)
        {
            if (Peek(0) == '\\')
                name.Append(text[++_at < text.Length ? _at : throw Unclosed(start)] is 'n' ? '\n' : text[_at]);
            else
                name.Append(text[_at]);
        }
        if (Peek(0) != '`')
            throw Unclosed(start);
        _at++;
        return name.ToString();
    }

    private ModelException Unclosed(int start) => Error(_line, Column(start), "LATHE4101", "a quoted name is not closed");

    private string Take(Func<char, bool> belongs)
    {
        int start = _at;
        while (_at < text.Length && belongs(text[_at]))
            _at++;
        return text[start.._at];
    }

    private char Peek(int ahead) => _at + ahead < text.Length ? text[_at + ahead] : '\0';

    private int Column(int at) => at - _lineStart + 1;

    private Token Make(TokenKind kind, string word, int start) => new(kind, word, "", _line, Column(start));
}
