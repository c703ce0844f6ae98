using System.Globalization;
using System.Runtime.CompilerServices;
using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>The token stream that the parsers of expressions and statements share, with the names in scope and the depth limit.</summary>
internal sealed class LoopTokens(string text)
{
    /// <summary>Deeper text is refused, so that no later walk over the tree runs out of stack.</summary>
    public const int MaxDepth = 1000;

    private readonly List<Token> _tokens = new LoopLexer(text).ReadAll();
    private int _at;
    private int _depth;

    public Dictionary<string, Buffer> Buffers { get; } = [];

    public Dictionary<string, Var> Variables { get; } = [];

    public Token Next => _tokens[_at];

    public Token Take() => Next.Kind == TokenKind.End ? Next : _tokens[_at++];

    public Token After(int tokens) => _tokens[Math.Min(_at + tokens, _tokens.Count - 1)];

    public bool IsSign(string sign) => Next.Kind == TokenKind.Sign && Next.Text == sign;

    public bool IsWord(string word) => Next.Kind == TokenKind.Name && Next.Text == word;

    public bool Accept(string signOrWord)
    {
        if (!IsSign(signOrWord) && !IsWord(signOrWord))
            return false;
        _at++;
        return true;
    }

    public void Expect(string signOrWord)
    {
        if (!Accept(signOrWord))
            throw Expected($"'{signOrWord}'");
    }

    public ModelException Expected(string what) => Error(Next, "LATHE4102", $"{what} is expected, and {Next} is there");

    public static ModelException Error(Token at, string code, string message) => LoopLexer.Error(at.Line, at.Column, code, message);

    /// <summary>A name that the text chooses: quoted, or not a word of the language.</summary>
    public string Name(string what)
    {
        if (Next.Kind == TokenKind.Quoted || (Next.Kind == TokenKind.Name && !LoopWords.IsReserved(Next.Text)))
            return Take().Text;
        throw Next.Kind == TokenKind.Name
            ? Error(Next, "LATHE4102", $"{what} is expected, and {Next} is a word of the language (write `{Next.Text}` to use it as a name)")
            : Expected(what);
    }

    public DType Element()
    {
        if (Next.Kind != TokenKind.Name || !DTypes.TryParse(Next.Text, out var type))
            throw Expected("an element type such as f32");
        Take();
        return type;
    }

    /// <summary>An element type, with a number of lanes for a vector: <c>f32</c>, <c>f32x16</c>.</summary>
    public ExprType Type()
    {
        if (Next.Kind == TokenKind.Name)
        {
            string[] parts = Next.Text.Split('x');
            int lanes = 1;
            if (DTypes.TryParse(parts[0], out var type)
                && (parts.Length == 1 || (parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out lanes) && lanes > 0)))
            {
                Take();
                return new ExprType(type, lanes);
            }
        }
        throw Expected("a type such as f32 or f32x16");
    }

    public long Integer()
    {
        bool negative = Accept("-");
        if (Next.Kind != TokenKind.Integer || Next.Suffix.Length > 0)
            throw Expected("a whole number");
        var token = Take();
        return long.TryParse(negative ? "-" + token.Text : token.Text, CultureInfo.InvariantCulture, out long value)
            ? value
            : throw Error(token, "LATHE4104", $"{token} does not fit 64 bits");
    }

    public int Count()
    {
        var token = Next;
        long count = Integer();
        return count is > 0 and <= ushort.MaxValue
            ? (int)count
            : throw Error(token, "LATHE4104", $"a number of lanes must be between 1 and {ushort.MaxValue}, and is {count}");
    }

    /// <summary>Counts a level of nesting in; <see cref="Leave"/> counts it out.</summary>
    public void Enter()
    {
        if (++_depth > MaxDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw TooDeep();
    }

    public void Leave() => _depth--;

    public ModelException TooDeep() => Error(Next, "LATHE4105", "the text is nested too deeply");

    public void ExpectEnd()
    {
        if (Next.Kind != TokenKind.End)
            throw Expected("the end of the text");
    }

    /// <summary>Runs a parse with one more variable in scope.</summary>
    public T With<T>(Var variable, Func<T> parse)
    {
        bool hid = Variables.TryGetValue(variable.Name, out var hidden);
        Variables[variable.Name] = variable;
        var result = parse();
        if (hid)
            Variables[variable.Name] = hidden!;
        else
            Variables.Remove(variable.Name);
        return result;
    }
}
