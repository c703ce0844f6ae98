using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Reading;

/// <summary>The words, numbers, quoted texts and signs of a protobuf message's text form.</summary>
internal sealed class TextTokens(string text)
{
    private int _at;

    /// <summary>Takes a sign where it comes next; the empty one is the text's end.</summary>
    public bool TakeIf(string sign)
    {
        SkipBlanks();
        if (sign.Length == 0 ? _at < text.Length : _at >= text.Length || text[_at] != sign[0])
            return false;
        _at += sign.Length;
        return true;
    }

    /// <summary>A field's name.</summary>
    public string Name()
    {
        SkipBlanks();
        int start = _at;
        if (_at < text.Length && text[_at] == '[')
        {
            // An extension, which no message here has.
            int end = text.IndexOf(']', _at);
            _at = end < 0 ? throw Error("a name is not closed") : end + 1;
            return text[start.._at];
        }
        while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] == '_'))
            _at++;
        return _at > start ? text[start.._at] : throw Error("a name was expected");
    }

    /// <summary>A number or a word; or quoted texts, which are joined where several follow each other.</summary>
    public string Scalar(out byte[]? quoted)
    {
        SkipBlanks();
        quoted = null;
        if (_at < text.Length && text[_at] is '"' or '\'')
        {
            var bytes = new List<byte>();
            while (_at < text.Length && text[_at] is '"' or '\'')
            {
                Quoted(bytes);
                SkipBlanks();
            }
            quoted = [.. bytes];
            return "";
        }
        int start = _at;
        while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] is '_' or '.' or '-' or '+'))
            _at++;
        return _at > start ? text[start.._at] : throw Error("a value was expected");
    }

    public ModelException Error(string what) => new("LATHE3567", $"the model's text is wrong in line {1 + text.AsSpan(0, Math.Min(_at, text.Length)).Count('\n')}: {what}");

    private void Quoted(List<byte> bytes)
    {
        char mark = text[_at++];
        while (true)
        {
            if (_at >= text.Length)
                throw Error("a text is not closed");
            char c = text[_at++];
            if (c == mark)
                return;
            if (c != '\\')
            {
                bytes.AddRange(System.Text.Encoding.UTF8.GetBytes(char.IsSurrogate(c) && _at < text.Length ? $"{c}{text[_at++]}" : $"{c}"));
                continue;
            }
            if (_at >= text.Length)
                throw Error("a text is not closed");
            Escaped(bytes, text[_at++]);
        }
    }

    private void Escaped(List<byte> bytes, char c)
    {
        switch (c)
        {
            case 'n': bytes.Add((byte)'\n'); break;
            case 'r': bytes.Add((byte)'\r'); break;
            case 't': bytes.Add((byte)'\t'); break;
            case 'a': bytes.Add(7); break;
            case 'b': bytes.Add(8); break;
            case 'f': bytes.Add(12); break;
            case 'v': bytes.Add(11); break;
            case 'x': bytes.Add((byte)Number(16, 2, 0)); break;
            case >= '0' and <= '7': bytes.Add((byte)Number(8, 2, c - '0')); break;
            default: bytes.Add((byte)c); break;
        }
    }

    /// <summary>So many more digits at most.</summary>
    private int Number(int radix, int digits, int number)
    {
        for (; digits > 0 && _at < text.Length && char.IsAsciiHexDigit(text[_at]) && Convert.ToInt32($"{text[_at]}", 16) < radix; digits--)
            number = (number * radix) + Convert.ToInt32($"{text[_at++]}", 16);
        return number;
    }

    private void SkipBlanks()
    {
        while (_at < text.Length && (char.IsWhiteSpace(text[_at]) || text[_at] == '#'))
        {
            if (text[_at] == '#')
                while (_at < text.Length && text[_at] != '\n')
                    _at++;
            else
                _at++;
        }
    }
}
