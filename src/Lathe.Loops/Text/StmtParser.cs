using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>Reads statements and kernels exactly as written.</summary>
internal sealed class StmtParser(LoopTokens tokens)
{
    private static readonly Dictionary<string, LoopKind> Loops = LoopWords.Loops.ToDictionary(p => p.Value, p => p.Key);

    private readonly ExprParser _expressions = new(tokens);

    public Kernel Kernel()
    {
        tokens.Expect("kernel");
        string name = tokens.Name("the kernel's name");
        var inputs = Parameters();
        tokens.Expect("->");
        var outputs = Parameters();
        var scratch = tokens.Accept("scratch") ? Parameters() : [];
        return new Kernel(name, inputs, outputs, scratch, Braces());
    }

    /// <summary>Statements up to a closing brace or the end: one is itself, any other number a block.</summary>
    public Stmt Body()
    {
        var statements = Statements();
        return statements.Count == 1 ? statements[0] : new Block(statements);
    }

    private EquatableArray<Stmt> Statements()
    {
        var statements = new List<Stmt>();
        while (!tokens.IsSign("}") && tokens.Next.Kind != TokenKind.End)
        {
            tokens.Enter();
            statements.Add(Statement());
            tokens.Leave();
        }
        return statements.ToEquatableArray();
    }

    private Stmt Statement()
    {
        if (tokens.Accept("{"))
        {
            var block = new Block(Statements());
            tokens.Expect("}");
            return block;
        }
        if (tokens.Accept("let"))
        {
            var (variable, value) = _expressions.Binding();
            return new LetStmt(variable, value, tokens.With(variable, Braces));
        }
        if (tokens.Accept("local"))
            return Local();
        if (tokens.Accept("if"))
        {
            var condition = _expressions.Parse();
            var then = Braces();
            return new If(condition, then, tokens.Accept("else") ? Braces() : null);
        }
        if (tokens.Next.Kind == TokenKind.Name && Loops.TryGetValue(tokens.Next.Text, out var kind))
        {
            tokens.Take();
            var variable = _expressions.Variable();
            tokens.Expect("in");
            var begin = _expressions.Parse();
            tokens.Expect("..");
            var end = _expressions.Parse();
            return new For(variable, begin, end, kind, tokens.With(variable, Braces));
        }
        bool prefetch = tokens.Accept("prefetch");
        var (buffer, indices) = Element();
        if (prefetch)
            return new Prefetch(buffer, indices);
        tokens.Expect("=");
        return new Store(buffer, indices, _expressions.Parse());
    }

    private (Buffer Buffer, EquatableArray<Expr> Indices) Element()
    {
        var start = tokens.Next;
        string name = tokens.Name("a statement");
        if (!tokens.Buffers.TryGetValue(name, out var buffer))
            throw LoopTokens.Error(start, "LATHE4103", $"no buffer is named '{name}'");
        tokens.Expect("[");
        return (buffer, _expressions.List("]"));
    }

    private Allocate Local()
    {
        var buffer = Declaration(BufferSpace.Local);
        bool hid = tokens.Buffers.TryGetValue(buffer.Name, out var hidden);
        tokens.Buffers[buffer.Name] = buffer;
        var body = Braces();
        if (hid)
            tokens.Buffers[buffer.Name] = hidden!;
        else
            tokens.Buffers.Remove(buffer.Name);
        return new Allocate(buffer, body);
    }

    private Stmt Braces()
    {
        tokens.Expect("{");
        var body = Body();
        tokens.Expect("}");
        return body;
    }

    private EquatableArray<Buffer> Parameters()
    {
        var buffers = new List<Buffer>();
        tokens.Expect("(");
        while (!tokens.IsSign(")"))
        {
            if (buffers.Count > 0)
                tokens.Expect(",");
            var at = tokens.Next;
            var buffer = Declaration(BufferSpace.Parameter);
            if (!tokens.Buffers.TryAdd(buffer.Name, buffer))
                throw LoopTokens.Error(at, "LATHE4106", $"the name '{buffer.Name}' is given to two buffers");
            buffers.Add(buffer);
        }
        tokens.Expect(")");
        return buffers.ToEquatableArray();
    }

    /// <summary>Extents or strides in brackets, each of which <paramref name="fits"/>.</summary>
    private EquatableArray<long> Numbers(string what, Func<int, long, bool> fits)
    {
        tokens.Expect("[");
        var numbers = new List<long>();
        while (!tokens.IsSign("]"))
        {
            if (numbers.Count > 0)
                tokens.Expect(",");
            var at = tokens.Next;
            long number = tokens.Integer();
            if (number < 0 || !fits(numbers.Count, number))
                throw LoopTokens.Error(at, "LATHE4104", $"the {what} {number} makes no buffer that memory could hold");
            numbers.Add(number);
        }
        tokens.Expect("]");
        return numbers.ToEquatableArray();
    }

    private Buffer Declaration(BufferSpace space)
    {
        string name = tokens.Name("a buffer's name");
        tokens.Expect(":");
        var element = tokens.Element();
        var bytes = (UInt128)element.Size;
        var extents = Numbers("extent", (_, extent) => (bytes *= (UInt128)Math.Max(1, extent)) <= long.MaxValue);
        if (space != BufferSpace.Parameter || !tokens.Accept("strides"))
            return new Buffer(name, element, extents, space);
        var at = tokens.Next;
        bytes = (UInt128)element.Size;
        var strides = Numbers("stride", (axis, stride) =>
            axis < extents.Count && (bytes += (UInt128)Math.Max(0, extents[axis] - 1) * (UInt128)stride * (UInt128)element.Size) <= long.MaxValue);
        return strides.Count == extents.Count
            ? new Buffer(name, element, extents, space) { Strides = strides }
            : throw LoopTokens.Error(at, "LATHE4104", $"'{name}' has {extents.Count} axes and {strides.Count} strides");
    }
}
