namespace Lathe.Tensors;

/// <summary>
/// Reads the one dict literal that an npy header may be. Keys come in any order, each exactly once; strings have no
/// escapes; extents are decimal and may carry Python 2's <c>L</c>. Everything else is a <see cref="ModelException"/>,
/// and an element type that Lathe has not is an <see cref="UnsupportedException"/>.
/// </summary>
internal sealed class NpyHeaderParser(string text, string name)
{
    private int _at;

    public NpyHeader Parse()
    {
        (DType Type, bool BigEndian)? descr = null;
        bool? fortran = null;
        Shape? shape = null;

        Expect('{');
        while (!Take('}'))
        {
            string key = String();
            Expect(':');
            switch (key)
            {
                case "descr" when descr is null: descr = Descr(); break;
                case "fortran_order" when fortran is null: fortran = Boolean(); break;
                case "shape" when shape is null: shape = Tuple(); break;
                default: throw Malformed($"the key '{key}' is unknown or comes twice");
            }
            if (!Take(','))
            {
                Expect('}');
                break;
            }
        }
        if (Peek() != '\0' || _at < text.Length)
            throw Malformed("something follows the dict");
        if (descr is not { } type || fortran is not { } order || shape is null)
            throw Malformed("it needs the keys 'descr', 'fortran_order' and 'shape'");
        return new NpyHeader(type.Type, type.BigEndian, order, shape);
    }

    private (DType, bool) Descr()
    {
        if (Peek() is '[' or '(')
            throw Unsupported("a structured type");
        string descr = String();
        if (descr.Length < 2 || descr[0] is not ('<' or '>' or '|' or '=') || descr.Any(c => c is ' ' or ',' or ':'))
            throw Malformed($"the type '{descr}' is none of NumPy's");
        DType? type = descr[1..] switch
        {
            "b1" => DType.Bool,
            "i1" => DType.Int8,
            "i2" => DType.Int16,
            "i4" => DType.Int32,
            "i8" => DType.Int64,
            "u1" => DType.UInt8,
            "u2" => DType.UInt16,
            "u4" => DType.UInt32,
            "u8" => DType.UInt64,
            "f2" => DType.Float16,
            "f4" => DType.Float32,
            "f8" => DType.Float64,
            "V2" => DType.BFloat16,
            _ => null,
        };
        if (type is not { } known)
            throw Unsupported($"the type '{descr}'");
        if (descr[0] == '|' && known.Size > 1 && known != DType.BFloat16)
            throw Malformed($"the type '{descr}' needs a byte order");
        return (known, descr[0] == '>' && known.Size > 1);
    }

    private Shape Tuple()
    {
        var dims = new List<long>();
        Expect('(');
        while (!Take(')'))
        {
            if (dims.Count == NpyHeader.MaxRank)
                throw Malformed($"more than {NpyHeader.MaxRank} axes");
            dims.Add(Extent());
            if (Take(','))
                continue;
            Expect(')');
            if (dims.Count == 1)
                throw Malformed("the shape is not a tuple");
            break;
        }
        return Shape.Of(dims);
    }

    private long Extent()
    {
        Peek();
        int start = _at;
        while (_at < text.Length && char.IsAsciiDigit(text[_at]))
            _at++;
        if (!long.TryParse(text.AsSpan(start, _at - start), out long value))
            throw Malformed("an extent is not a number of 64 bits");
        if (_at < text.Length && text[_at] == 'L')
            _at++;
        return value;
    }

    private bool Boolean()
    {
        Peek();
        foreach (var (word, value) in new[] { ("True", true), ("False", false) })
        {
            if (string.CompareOrdinal(text, _at, word, 0, word.Length) != 0)
                continue;
            _at += word.Length;
            return value;
        }
        throw Malformed("'fortran_order' is neither True nor False");
    }

    private string String()
    {
        char quote = Peek();
        if (quote is not ('\'' or '"'))
            throw Malformed("a string is missing");
        int end = text.IndexOf(quote, _at + 1);
        if (end < 0)
            throw Malformed("a string does not end");
        string value = text[(_at + 1)..end];
        if (value.Any(c => c is '\\' or < ' ' or > '~'))
            throw Malformed("a string has characters that it may not have");
        _at = end + 1;
        return value;
    }

    private char Peek()
    {
        while (_at < text.Length && text[_at] is ' ' or '\n' or '\t' or '\r')
            _at++;
        return _at < text.Length ? text[_at] : '\0';
    }

    private bool Take(char c)
    {
        if (Peek() != c || _at >= text.Length)
            return false;
        _at++;
        return true;
    }

    private void Expect(char c)
    {
        if (!Take(c))
            throw Malformed($"'{c}' is missing");
    }

    private ModelException Malformed(string why) => new("LATHE1102", $"'{name}' has a malformed npy header: {why} (at {_at})");

    private UnsupportedException Unsupported(string what) => new(
        "LATHE1103", $"'{name}' has elements of {what}, which tensors cannot hold",
        next: "convert it in NumPy, for example with .astype(numpy.float32)");
}
