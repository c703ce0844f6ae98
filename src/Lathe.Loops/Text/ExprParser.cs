using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>Reads expressions exactly as written: nothing is folded, and types are left to the verifier.</summary>
internal sealed class ExprParser(LoopTokens tokens)
{
    private static readonly Dictionary<string, BinaryOp> Infix = LoopWords.Infix.ToDictionary(p => p.Value.Sign, p => p.Key);
    private static readonly Dictionary<string, BinaryOp> BinaryFunctions = Invert(LoopWords.BinaryFunctions);
    private static readonly Dictionary<string, UnaryOp> UnaryFunctions = Invert(LoopWords.UnaryFunctions);
    private static readonly Dictionary<string, ReduceOp> Reductions = Invert(LoopWords.Reductions);
    private static readonly Dictionary<string, ReduceOp> Horizontals = Invert(LoopWords.Horizontals);
    private static readonly Dictionary<string, Intrinsic> Intrinsics = Invert(LoopWords.Intrinsics);

    /// <summary>The height of the tree read last: chains such as a + b + c are loops here and deep trees afterwards.</summary>
    private int _height;

    public Expr Parse(int atLeast = LoopWords.LoosestPrecedence)
    {
        tokens.Enter();
        var left = Prefix();
        int height = _height;
        while (tokens.Next.Kind == TokenKind.Sign && Precedence(tokens.Next.Text) is { } precedence && precedence >= atLeast)
        {
            string sign = tokens.Take().Text;
            var right = Parse(precedence + 1);
            left = Join(sign, left, right);
            height = Math.Max(height, _height) + 1;
            if (height > LoopTokens.MaxDepth)
                throw tokens.TooDeep();
            if (precedence == LoopWords.ComparePrecedence && tokens.Next.Kind == TokenKind.Sign && Precedence(tokens.Next.Text) == precedence)
                throw LoopTokens.Error(tokens.Next, "LATHE4102", "comparisons do not chain; put parentheses around one");
        }
        _height = height;
        tokens.Leave();
        return left;
    }

    public EquatableArray<Expr> List(string close)
    {
        var items = new List<Expr>();
        int height = 0;
        while (!tokens.IsSign(close))
        {
            if (items.Count > 0)
                tokens.Expect(",");
            items.Add(Parse());
            height = Math.Max(height, _height);
        }
        tokens.Expect(close);
        _height = height + 1;
        return items.ToEquatableArray();
    }

    /// <summary>The variable and value of <c>let a = value</c> or <c>let a: type = value</c>.</summary>
    public (Var Variable, Expr Value) Binding()
    {
        string name = tokens.Name("a variable's name");
        ExprType? type = tokens.Accept(":") ? tokens.Type() : null;
        tokens.Expect("=");
        var value = Parse();
        return (new Var(name, type ?? value.Type), value);
    }

    /// <summary>A loop's variable, of type i64 unless the text says otherwise.</summary>
    public Var Variable()
    {
        string name = tokens.Name("a variable's name");
        return new Var(name, tokens.Accept(":") ? tokens.Type() : ExprType.Index);
    }

    private Expr Prefix()
    {
        if (tokens.IsSign("-") && Literals.IsConstant(tokens.After(1)))
        {
            tokens.Take();
            return Constant(negative: true);
        }
        if (tokens.IsSign("-") || tokens.IsSign("!"))
        {
            var op = tokens.Take().Text == "-" ? UnaryOp.Neg : UnaryOp.Not;
            tokens.Enter();
            var operand = Prefix();
            tokens.Leave();
            _height++;
            return new Unary(op, operand);
        }
        return Atom();
    }

    private Expr Atom()
    {
        var token = tokens.Next;
        if (Literals.IsConstant(token))
            return Constant(negative: false);
        if (tokens.Accept("("))
        {
            var inner = tokens.Accept("let") ? LetIn() : Parse();
            tokens.Expect(")");
            return inner;
        }
        if (token.Kind == TokenKind.Name && LoopWords.IsReserved(token.Text))
            return Function(tokens.Take());
        string name = tokens.Name("an expression");
        if (tokens.Accept("["))
        {
            if (!tokens.Buffers.TryGetValue(name, out var buffer))
                throw LoopTokens.Error(token, "LATHE4103", $"no buffer is named '{name}'");
            return new Load(buffer, List("]"));
        }
        _height = 1;
        return tokens.Variables.TryGetValue(name, out var variable)
            ? variable
            : throw LoopTokens.Error(token, "LATHE4103", $"no variable is named '{name}'");
    }

    private Expr Constant(bool negative)
    {
        _height = 1;
        return Literals.Parse(tokens.Take(), negative);
    }

    private Let LetIn()
    {
        var (variable, value) = Binding();
        int height = _height;
        tokens.Expect("in");
        var body = tokens.With(variable, () => Parse());
        _height = Math.Max(height, _height) + 1;
        return new Let(variable, value, body);
    }

    private Expr Function(Token word)
    {
        if (word.Text is "true" or "false")
        {
            _height = 1;
            return Build.Bool(word.Text == "true");
        }
        if (word.Text == "bits")
        {
            tokens.Expect(".");
            var to = tokens.Element();
            return new Bitcast(to, Arguments(word, 1)[0]);
        }
        if (Reductions.TryGetValue(word.Text, out var reduce))
            return Reduction(reduce);
        if (word.Text is "ramp" or "broadcast")
            return Vector(word);
        if (word.Text == "shuffle")
            return Shuffle();
        if (word.Text == "pack")
        {
            tokens.Expect(".");
            var to = tokens.Element();
            var vectors = Arguments(word, Pack.Vectors);
            return new Pack(to, vectors[0], vectors[1], vectors[2], vectors[3]);
        }
        if (DTypes.TryParse(word.Text, out var type))
            return new Cast(type, Arguments(word, 1)[0]);
        if (UnaryFunctions.TryGetValue(word.Text, out var unary))
            return new Unary(unary, Arguments(word, 1)[0]);
        if (Horizontals.TryGetValue(word.Text, out var horizontal))
            return new Horizontal(horizontal, Arguments(word, 1)[0]);
        if (Intrinsics.TryGetValue(word.Text, out var intrinsic))
            return new Call(intrinsic, Arguments(word, intrinsic.Arity));
        if (BinaryFunctions.TryGetValue(word.Text, out var binary))
        {
            var operands = Arguments(word, 2);
            return new Binary(binary, operands[0], operands[1]);
        }
        if (word.Text is "select" or "dot4" or "floorfma")
        {
            var operands = Arguments(word, 3);
            return word.Text switch
            {
                "select" => new Select(operands[0], operands[1], operands[2]),
                "dot4" => new Dot4(operands[0], operands[1], operands[2]),
                _ => new FloorFma(operands[0], operands[1], operands[2]),
            };
        }
        throw LoopTokens.Error(word, "LATHE4102", $"an expression is expected, and {word} is there");
    }

    private EquatableArray<Expr> Arguments(Token function, int count)
    {
        tokens.Expect("(");
        var arguments = List(")");
        return arguments.Count == count
            ? arguments
            : throw LoopTokens.Error(function, "LATHE4106", $"{function} takes {count} operands, and {arguments.Count} are given");
    }

    private Expr Vector(Token word)
    {
        tokens.Expect("(");
        var first = Parse();
        int height = _height;
        tokens.Expect(",");
        Expr? stride = null;
        if (word.Text == "ramp")
        {
            stride = Parse();
            height = Math.Max(height, _height);
            tokens.Expect(",");
        }
        int lanes = tokens.Count();
        tokens.Expect(")");
        _height = height + 1;
        return stride is null ? new Broadcast(first, lanes) : new Ramp(first, stride, lanes);
    }

    private Shuffle Shuffle()
    {
        tokens.Expect("(");
        var a = Parse();
        int height = _height;
        tokens.Expect(",");
        var b = Parse();
        var picks = new List<int>();
        while (tokens.Accept(","))
            picks.Add(checked((int)tokens.Integer()));
        tokens.Expect(")");
        _height = Math.Max(height, _height) + 1;
        return new Shuffle(a, b, picks.ToEquatableArray());
    }

    private Reduce Reduction(ReduceOp op)
    {
        tokens.Expect("(");
        var axes = new List<ReduceAxis>();
        do
        {
            var variable = Variable();
            tokens.Expect("in");
            if (tokens.Integer() != 0)
                throw LoopTokens.Error(tokens.Next, "LATHE4102", "a reduction's axis starts at 0");
            tokens.Expect("..");
            axes.Add(new ReduceAxis(variable, tokens.Integer()));
        }
        while (tokens.Accept(","));
        tokens.Expect(":");
        Func<Expr> parse = () => Parse();
        foreach (var axis in axes.AsEnumerable().Reverse())
        {
            var inner = parse;
            parse = () => tokens.With(axis.Var, inner);
        }
        var body = parse();
        tokens.Expect(")");
        _height++;
        return new Reduce(op, axes.ToEquatableArray(), body);
    }

    private static int? Precedence(string sign) => sign switch
    {
        "==" or "!=" or "<" or "<=" or ">" or ">=" => LoopWords.ComparePrecedence,
        _ => Infix.TryGetValue(sign, out var op) ? LoopWords.Infix[op].Precedence : null,
    };

    private static Expr Join(string sign, Expr a, Expr b) => sign switch
    {
        "==" => new Compare(CompareOp.Equal, a, b),
        "!=" => new Compare(CompareOp.NotEqual, a, b),
        "<" => new Compare(CompareOp.Less, a, b),
        "<=" => new Compare(CompareOp.LessEqual, a, b),
        ">" => new Compare(CompareOp.Less, b, a),
        ">=" => new Compare(CompareOp.LessEqual, b, a),
        _ => new Binary(Infix[sign], a, b),
    };

    private static Dictionary<string, T> Invert<T>(IReadOnlyDictionary<T, string> words) where T : struct => words.ToDictionary(p => p.Value, p => p.Key);
}
