using System.Globalization;
using System.Text;
using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>How constants and names are written in the text form of the loop language, and how constants are read.</summary>
internal static class Literals
{
    /// <summary>As <see cref="Parse"/> reads it, but for bools, which are words.</summary>
    public static string Print(IntConst c) => c switch
    {
        { Of: DType.Bool, Value: 0 } => "false",
        { Of: DType.Bool, Value: 1 } => "true",
        { Of: DType.Int64 } => c.Value.ToString(CultureInfo.InvariantCulture),
        _ => c.Value.ToString(CultureInfo.InvariantCulture) + c.Of.Name,
    };

    /// <summary>As <see cref="Parse"/> reads it: with as many digits as tell it from its neighbours.</summary>
    public static string Print(FloatConst c) => c.Value switch
    {
        double.PositiveInfinity => $"inf_{c.Of.Name}",
        double.NegativeInfinity => $"-inf_{c.Of.Name}",
        double.NaN => $"nan_{c.Of.Name}",
        _ => c.Value.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e') + c.Of.Name,
    };

    /// <summary>A name, between backquotes where it is a word of the language or not made like one.</summary>
    public static string Name(string name)
    {
        if (LoopWords.IsPlainName(name))
            return name;
        var quoted = new StringBuilder("`");
        foreach (char c in name)
            quoted.Append(c is '`' or '\\' ? $"\\{c}" : c == '\n' ? "\\n" : c.ToString());
        return quoted.Append('`').ToString();
    }

    /// <summary>Whether a token is a constant, but for <c>true</c> and <c>false</c>.</summary>
    public static bool IsConstant(Token token) =>
        token.Kind is TokenKind.Integer or TokenKind.Fraction
        || (token.Kind == TokenKind.Name && (token.Text.StartsWith("inf_", StringComparison.Ordinal) || token.Text.StartsWith("nan_", StringComparison.Ordinal))
            && LoopWords.IsReserved(token.Text));

    /// <summary>The constant that a token is, <paramref name="negative"/> where a sign stands before it. Throws where its type is none, or cannot hold it.</summary>
    public static Expr Parse(Token token, bool negative)
    {
        var type = DType.Int64;
        string suffix = token.Kind == TokenKind.Name ? token.Text[4..] : token.Suffix;
        if (suffix.Length > 0 && !DTypes.TryParse(suffix, out type))
            throw LoopTokens.Error(token, "LATHE4104", $"{token} does not end in an element type");
        if (token.Kind == TokenKind.Name)
        {
            double special = token.Text[0] == 'n' ? double.NaN : double.PositiveInfinity;
            return new FloatConst(negative ? -special : special, type);
        }
        if (type.IsFloat)
        {
            double value = double.Parse(token.Text, CultureInfo.InvariantCulture);
            return double.IsFinite(value)
                ? new FloatConst(negative ? -value : value, type)
                : throw LoopTokens.Error(token, "LATHE4104", $"{token} does not fit a float");
        }
        if (token.Kind == TokenKind.Fraction)
            throw LoopTokens.Error(token, "LATHE4104", $"{token} is a fraction and needs a float type, as in {token.Text}f32");
        ulong limit = negative ? 1UL << 63 : type == DType.UInt64 ? ulong.MaxValue : long.MaxValue;
        if (!ulong.TryParse(token.Text, CultureInfo.InvariantCulture, out ulong magnitude) || magnitude > limit)
            throw LoopTokens.Error(token, "LATHE4104", $"{token} does not fit 64 bits");
        return new IntConst(unchecked(negative ? -(long)magnitude : (long)magnitude), type);
    }
}
