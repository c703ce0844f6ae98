using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>
/// Simplifies expressions under known ranges of variables. Every rule keeps the value bit for bit, wrapping of i64 and
/// NaN and -0 of floats included.
/// </summary>
internal sealed partial class ExprSimplifier
{
    private readonly Dictionary<Var, Interval> _ranges = [];
    private readonly Dictionary<Var, Expr> _known = [];
    private readonly Dictionary<Var, int> _ranks = [];

    /// <summary>Runs an action where a variable has a range.</summary>
    public T WithRange<T>(Var variable, Interval range, Func<T> inside)
    {
        bool had = _ranges.TryGetValue(variable, out var before);
        bool ranked = _ranks.TryAdd(variable, _ranks.Count);
        _ranges[variable] = range;
        var result = inside();
        if (had)
            _ranges[variable] = before;
        else
            _ranges.Remove(variable);
        if (ranked)
            _ranks.Remove(variable);
        return result;
    }

    /// <summary>Runs an action where a variable is replaced by a value.</summary>
    public T WithValue<T>(Var variable, Expr value, Func<T> inside)
    {
        _known[variable] = value;
        var result = inside();
        _known.Remove(variable);
        return result;
    }

    public Expr Simplify(Expr expr) => expr switch
    {
        Var v => _known.GetValueOrDefault(v, v),
        Unary e => SimplifyUnary(e.Op, Simplify(e.A)),
        Binary e => SimplifyBinary(e.Op, Simplify(e.A), Simplify(e.B)),
        Compare e => SimplifyCompare(e.Op, Simplify(e.A), Simplify(e.B)),
        Select e => SimplifySelect(Simplify(e.Condition), Simplify(e.Then), Simplify(e.Else)),
        Cast e => SimplifyCast(e.To, Simplify(e.A)),
        Bitcast e => Simplify(e.A) switch
        {
            var a when a.Element == e.To => a,
            Bitcast { A: var a } when a.Element == e.To => a,
            var a => new Bitcast(e.To, a),
        },
        Load e => new Load(e.Buffer, e.Indices.Select(Simplify).ToEquatableArray()),
        Ramp e => new Ramp(Simplify(e.Base), Simplify(e.Stride), e.Count),
        Broadcast e => new Broadcast(Simplify(e.A), e.Count),
        Horizontal e => new Horizontal(e.Op, Simplify(e.A)),
        Shuffle e => new Shuffle(Simplify(e.A), Simplify(e.B), e.Picks),
        Dot4 e => new Dot4(Simplify(e.Sum), Simplify(e.Data), Simplify(e.Weights)),
        FloorFma e => new FloorFma(Simplify(e.A), Simplify(e.B), Simplify(e.C)),
        Pack e => new Pack(e.To, Simplify(e.A), Simplify(e.B), Simplify(e.C), Simplify(e.D)),
        Call e => Build.Call(e.Function, [.. e.Arguments.Select(Simplify)]),
        Let e => SimplifyLet(e),
        Reduce e => SimplifyReduce(e),
        _ => expr,
    };

    /// <summary>What an i64 expression, or any lane of it, may be.</summary>
    public Interval RangeOf(Expr expr)
    {
        var range = expr switch
        {
            IntConst c => Interval.Of(c.Value),
            Var v => _ranges.GetValueOrDefault(v, Interval.All),
            Binary { Op: BinaryOp.Min } b => Combine(RangeOf(b.A), RangeOf(b.B), Int128.Min),
            Binary { Op: BinaryOp.Max } b => Combine(RangeOf(b.A), RangeOf(b.B), Int128.Max),
            Binary { Op: BinaryOp.FloorDiv, B: IntConst { Value: > 0 and var c } } b => RangeOf(b.A) is var a
                ? new Interval(Interval.FloorDiv(a.Low, c), Interval.FloorDiv(a.High, c))
                : default,
            Binary { Op: BinaryOp.FloorMod, B: IntConst { Value: > 0 and var c } } b => RangeOf(b.A) is { Low: var low } a && low >= 0 && a.High < c
                ? a
                : new Interval(0, c - 1),
            Binary { Op: BinaryOp.FloorDiv or BinaryOp.FloorMod, B: Broadcast { A: IntConst { Value: > 0 } c } } b => RangeOf(new Binary(b.Op, b.A, c)),
            Binary { Op: BinaryOp.Mul } b when b.A is not IntConst && b.B is not IntConst => Products(RangeOf(b.A), RangeOf(b.B)),
            Binary { Op: BinaryOp.Add or BinaryOp.Sub or BinaryOp.Mul } or Unary { Op: UnaryOp.Neg } when expr.Lanes == 1 => LinearSum.Of(expr).Range(RangeOf),
            Binary { Op: BinaryOp.Add } b => RangeOf(b.A) + RangeOf(b.B),
            Binary { Op: BinaryOp.Sub } b => RangeOf(b.A) + (RangeOf(b.B) * -1),
            Select s => RangeOf(s.Then).Union(RangeOf(s.Else)),
            Broadcast b => RangeOf(b.A),
            Ramp r when r.Stride is IntConst stride => RangeOf(r.Base) + (new Interval(0, r.Count - 1) * stride.Value),
            Cast { To: DType.Int64, A: var a } when a.Element == DType.Int64 => RangeOf(a),
            Cast { To: DType.Int64, A: var a } when !a.Element.IsFloat && a.Element.Size < 8 => RangeOfType(a.Element),
            _ => Interval.All,
        };
        return range.FitsInt64 && range.Low <= range.High ? range : Interval.All;
    }

    private static Interval Combine(Interval a, Interval b, Func<Int128, Int128, Int128> choose) => new(choose(a.Low, b.Low), choose(a.High, b.High));

    private static Interval Products(Interval a, Interval b)
    {
        Int128[] ends = [a.Low * b.Low, a.Low * b.High, a.High * b.Low, a.High * b.High];
        return new Interval(ends.Min(), ends.Max());
    }

    private static Interval RangeOfType(DType type) => type switch
    {
        DType.Bool => new(0, 1),
        _ when type.IsUnsigned => new(0, (Int128.One << (8 * type.Size)) - 1),
        _ => new(-(Int128.One << ((8 * type.Size) - 1)), (Int128.One << ((8 * type.Size) - 1)) - 1),
    };

    private Expr SimplifyLet(Let let)
    {
        var value = Simplify(let.Value);
        if (value is IntConst or FloatConst or Var)
            return WithValue(let.Name, value, () => Simplify(let.Body));
        var range = value.Element == DType.Int64 ? RangeOf(value) : Interval.All;
        var body = WithRange(let.Name, range, () => Simplify(let.Body));
        return body == let.Name ? value : body.Uses(let.Name) ? new Let(let.Name, value, body) : body;
    }

    private Reduce SimplifyReduce(Reduce reduce)
    {
        Func<Expr> body = () => Simplify(reduce.Body);
        foreach (var axis in reduce.Axes)
        {
            var inner = body;
            body = () => WithRange(axis.Var, new Interval(0, Math.Max(0, axis.Extent - 1)), inner);
        }
        return new Reduce(reduce.Op, reduce.Axes, body());
    }

    private Expr Rebuild(LinearSum sum)
    {
        sum.JoinQuotientsAndRemainders((x, divisor) => Divide(BinaryOp.FloorDiv, x, divisor));
        return sum.ToExpr(Rank);
    }

    /// <summary>How deep the innermost variable of a term is bound.</summary>
    private int Rank(Expr term) => term.Descendants().Max(e => e is Var v ? _ranks.GetValueOrDefault(v, -1) : -1);
}
