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

    private Buffer Declaration(BufferSpace space)
    {
        string name = tokens.Name("a buffer's name");
        tokens.Expect(":");
        var element = tokens.Element();
        tokens.Expect("[");
        var extents = new List<long>();
        UInt128 bytes = (UInt128)element.Size;
        while (!tokens.IsSign("]"))
        {
            if (extents.Count > 0)
                tokens.Expect(",");
            var at = tokens.Next;
            long extent = tokens.Integer();
            bytes *= (UInt128)Math.Max(1, extent);
            if (extent < 0 || bytes > long.MaxValue)
                throw LoopTokens.Error(at, "LATHE4104", $"the extent {extent} makes no buffer that memory could hold");
            extents.Add(extent);
        }
        tokens.Expect("]");
        return new Buffer(name, element, extents.ToEquatableArray(), space);
    }
}
