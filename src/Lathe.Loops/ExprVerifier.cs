using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>The invariants of expressions; <see cref="KernelVerifier"/> lists them.</summary>
internal sealed class ExprVerifier(string kernel)
{
    private readonly Dictionary<string, Var> _variables = [];

    public Dictionary<string, Buffer> Buffers { get; } = [];

    /// <summary>Names the statement at hand in errors.</summary>
    public Func<string> Place { get; set; } = () => "the parameters";

    public void Bind(Var variable, Action body)
    {
        if (!_variables.TryAdd(variable.Name, variable))
            throw Error("LATHE4002", $"the name '{variable.Name}' is that of another variable in scope");
        body();
        _variables.Remove(variable.Name);
    }

    public void CheckSize(Buffer buffer)
    {
        UInt128 bytes = (UInt128)buffer.Element.Size;
        foreach (long extent in buffer.Shape)
        {
            if (extent < 0 || (bytes *= (UInt128)Math.Max(extent, 1)) > long.MaxValue)
                throw Error("LATHE4001", $"the extents of {buffer} cannot be");
        }
        if (buffer.Strides.Count > 0 && (buffer.Strides.Count != buffer.Rank || buffer.Strides.Any(s => s < 0) || buffer.Space != BufferSpace.Parameter))
            throw Error("LATHE4001", $"the strides of {buffer} cannot be");
    }

    public void Check(Expr expr)
    {
        switch (expr)
        {
            case IntConst c:
                Require(!c.Of.IsFloat && c.Value == Build.Wrap(c.Value, c.Of), expr, "LATHE4003", "is not a value of its type");
                break;
            case FloatConst c:
                Require(c.Of.IsFloat, expr, "LATHE4003", "is not a value of its type");
                break;
            case Var v:
                Require(_variables.TryGetValue(v.Name, out var bound), expr, "LATHE4002", "is not bound here");
                Require(bound == v, expr, "LATHE4002", $"has the type {v.Of} and was bound with {bound!.Of}");
                break;
            case Unary u:
                Check(u.A);
                Require(Allows(u.Op, u.Element), expr, "LATHE4003", $"does not exist for {u.Element.Name}");
                break;
            case Binary b:
                CheckPair(expr, b.A, b.B);
                Require(Allows(b.Op, b.Element), expr, "LATHE4003", $"does not exist for {b.Element.Name}");
                break;
            case Compare c:
                CheckPair(expr, c.A, c.B);
                Require(!c.A.Element.IsHalf, expr, "LATHE4003", $"does not exist for {c.A.Element.Name}");
                break;
            case Select s:
                Check(s.Condition);
                CheckPair(expr, s.Then, s.Else);
                Require(s.Condition.Element == DType.Bool, expr, "LATHE4003", $"has a condition of {s.Condition.Element.Name}");
                Require(s.Condition.Lanes == s.Lanes, expr, "LATHE4005", $"has a condition of {s.Condition.Lanes} lanes and arms of {s.Lanes}");
                break;
            case Cast c:
                Check(c.A);
                break;
            case Bitcast c:
                Check(c.A);
                Require(c.To.Size == c.A.Element.Size, expr, "LATHE4003", $"changes the size of {c.A.Element.Name}");
                break;
            case Load l:
                CheckAccess(l.Buffer, l.Indices);
                break;
            case Ramp r:
                CheckPair(expr, r.Base, r.Stride);
                Require(r.Element.IsInteger, expr, "LATHE4003", $"is a ramp of {r.Element.Name}");
                Require(r.Base.Lanes == 1 && r.Count > 1, expr, "LATHE4005", "is not made of scalars or has fewer than two lanes");
                break;
            case Broadcast b:
                Check(b.A);
                Require(b.A.Lanes == 1 && b.Count > 1, expr, "LATHE4005", "is not made of a scalar or has fewer than two lanes");
                break;
            case Horizontal h:
                Check(h.A);
                Require(h.A.Lanes > 1, expr, "LATHE4005", "reduces a scalar");
                Require(Allows(Operation(h.Op), h.Element), expr, "LATHE4003", $"does not exist for {h.Element.Name}");
                break;
            case Shuffle s:
                CheckPair(expr, s.A, s.B);
                Require(s.A.Lanes > 1 && s.Lanes > 1, expr, "LATHE4005", "is of scalars");
                Require(s.Picks.All(p => p >= 0 && p < 2 * s.A.Lanes), expr, "LATHE4005", "picks lanes that its operands do not have");
                break;
            case Dot4 d:
                CheckDot(d);
                break;
            case FloorFma f:
                CheckPair(expr, f.A, f.B);
                CheckPair(expr, f.A, f.C);
                Require(f.A.Element == DType.Float32, expr, "LATHE4003", $"has operands of {f.A.Element.Name}");
                break;
            case Pack p:
                CheckPair(expr, p.A, p.B);
                CheckPair(expr, p.C, p.D);
                Require(p.A.Type == p.C.Type && p.A.Element == DType.Int32 && p.To is DType.UInt8 or DType.Int8, expr, "LATHE4003", $"packs {p.A.Type} and {p.C.Type} as {p.To.Name}");
                Require(p.A.Lanes % Pack.Block == 0, expr, "LATHE4005", $"packs vectors of {p.A.Lanes} lanes");
                break;
            case Call c:
                CheckCall(c);
                break;
            case Let l:
                Check(l.Value);
                Require(l.Name.Of == l.Value.Type, expr, "LATHE4002", $"binds the variable {l.Name.Name} of type {l.Name.Of} to a value of type {l.Value.Type}");
                Bind(l.Name, () => Check(l.Body));
                break;
            case Reduce:
                throw Error("LATHE4009", $"{LoopText.Print(expr)} belongs into tensor expressions only");
            default:
                throw Error("LATHE4003", $"the expression {expr.GetType().Name} is not known");
        }
    }

    /// <summary>Checks the place that a load or a store is for, and gives its lanes.</summary>
    public int CheckAccess(Buffer buffer, EquatableArray<Expr> indices)
    {
        if (!Buffers.TryGetValue(buffer.Name, out var declared))
            throw Error("LATHE4006", $"the buffer '{buffer.Name}' is not declared here");
        if (declared != buffer)
            throw Error("LATHE4006", $"the buffer {buffer} was declared as {declared}");
        if (indices.Count != buffer.Rank)
            throw Error("LATHE4004", $"{buffer} is indexed by {indices.Count} indices");
        int lanes = Build.LanesOf(indices);
        foreach (var index in indices)
        {
            Check(index);
            Require(index.Element == DType.Int64, index, "LATHE4004", $"is an index of type {index.Element.Name}");
            Require(index.Lanes == 1 || index.Lanes == lanes, index, "LATHE4005", $"is an index of {index.Lanes} lanes beside others of {lanes}");
        }
        return lanes;
    }

    public InternalException Error(string code, string message)
    {
        string place = Place();
        return new InternalException(code, $"in the kernel {kernel}, at {(place.Length > 160 ? place[..160] + " ..." : place)}: {message}");
    }

    private void CheckPair(Expr expr, Expr a, Expr b)
    {
        Check(a);
        Check(b);
        Require(a.Element == b.Element, expr, "LATHE4003", $"has operands of {a.Element.Name} and {b.Element.Name}");
        Require(a.Lanes == b.Lanes, expr, "LATHE4005", $"has operands of {a.Lanes} and {b.Lanes} lanes");
    }

    private void CheckDot(Dot4 dot)
    {
        Check(dot.Sum);
        Check(dot.Data);
        Check(dot.Weights);
        Require(
            dot.Sum.Element == DType.Int32 && dot.Data.Element is DType.UInt8 or DType.Int8 && dot.Weights.Element == DType.Int8, dot, "LATHE4003",
            $"has operands of {dot.Sum.Element.Name}, {dot.Data.Element.Name} and {dot.Weights.Element.Name}");
        Require(
            (dot.SharesData || dot.Data.Lanes == Dot4.Width * dot.Lanes) && dot.Weights.Lanes == Dot4.Width * dot.Lanes, dot, "LATHE4005",
            $"has operands of {dot.Lanes}, {dot.Data.Lanes} and {dot.Weights.Lanes} lanes");
    }

    private void CheckCall(Call call)
    {
        Require(call.Arguments.Count == call.Function.Arity, call, "LATHE4003", $"has {call.Arguments.Count} operands");
        foreach (var argument in call.Arguments)
        {
            Check(argument);
            Require(argument.Element is DType.Float32 or DType.Float64 && argument.Element == call.Element, call, "LATHE4003", $"has an operand of {argument.Element.Name}");
            Require(argument.Lanes == call.Lanes, call, "LATHE4005", $"has operands of {argument.Lanes} and {call.Lanes} lanes");
        }
    }

    private void Require(bool holds, Expr expr, string code, string message)
    {
        if (holds)
            return;
        string text = LoopText.Print(expr);
        throw Error(code, $"{(text.Length > 160 ? text[..160] + " ..." : text)} {message}");
    }

    private static BinaryOp Operation(ReduceOp op) => op switch
    {
        ReduceOp.Sum => BinaryOp.Add,
        ReduceOp.Product => BinaryOp.Mul,
        ReduceOp.Min => BinaryOp.Min,
        _ => BinaryOp.Max,
    };

    private static bool Allows(UnaryOp op, DType type) => op switch
    {
        UnaryOp.Not => !type.IsFloat,
        UnaryOp.Neg or UnaryOp.Abs => type != DType.Bool && !type.IsHalf,
        _ => type is DType.Float32 or DType.Float64,
    };

    private static bool Allows(BinaryOp op, DType type) => op switch
    {
        BinaryOp.Min or BinaryOp.Max => !type.IsHalf,
        BinaryOp.And or BinaryOp.Or or BinaryOp.Xor => !type.IsFloat,
        BinaryOp.Shl or BinaryOp.Shr or BinaryOp.FloorDiv or BinaryOp.FloorMod => type.IsInteger,
        _ => type != DType.Bool && !type.IsHalf,
    };
}
