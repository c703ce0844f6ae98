using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Evaluation;

/// <summary>
/// Turns an expression with reductions into statements: each reduction becomes loops that fill a local accumulator, before the
/// statement that uses it. Accumulators are numbered, so one lowering serves one kernel.
/// </summary>
internal sealed class ReductionLowering
{
    private int _accumulators;

    /// <summary>Statements that compute the expression and then do what <paramref name="use"/> makes of its value.</summary>
    public Stmt Lower(Expr expr, Func<Expr, Stmt> use)
    {
        if (!Contains(expr))
            return use(expr);
        switch (expr)
        {
            case Reduce reduce:
                return Accumulate(reduce, use);
            case Let let:
                return Lower(let.Value, value => new LetStmt(let.Name, value, Lower(let.Body, use)));
            default:
                Expr[] parts = [.. expr.Children];
                return LowerParts(parts, 0, new Expr[parts.Length], lowered => use(With(expr, lowered)));
        }
    }

    private Stmt LowerParts(Expr[] parts, int next, Expr[] lowered, Func<Expr[], Stmt> use) => next == parts.Length
        ? use(lowered)
        : Lower(parts[next], value =>
        {
            lowered[next] = value;
            return LowerParts(parts, next + 1, lowered, use);
        });

    private Stmt Accumulate(Reduce reduce, Func<Expr, Stmt> use)
    {
        var accumulator = new Buffer($"acc{_accumulators++}", reduce.Element, [1], BufferSpace.Local);
        Expr[] first = [0];
        var fill = Lower(reduce.Body, value =>
            accumulator.Store(first, Build.Combine(reduce.Op, accumulator[first], value)));
        foreach (var axis in reduce.Axes.Reverse())
            fill = new For(axis.Var, 0, axis.Extent, LoopKind.Serial, fill);
        var start = accumulator.Store(first, Build.Identity(reduce.Op, reduce.Element));
        return new Allocate(accumulator, Stmt.Sequence([start, fill, use(accumulator[first])]));
    }

    private static bool Contains(Expr expr) => expr.Descendants().Any(e => e is Reduce);

    private static Expr With(Expr expr, Expr[] parts) => expr switch
    {
        Unary e => e with { A = parts[0] },
        Binary e => e with { A = parts[0], B = parts[1] },
        Compare e => e with { A = parts[0], B = parts[1] },
        Select e => new Select(parts[0], parts[1], parts[2]),
        Cast e => e with { A = parts[0] },
        Bitcast e => e with { A = parts[0] },
        Load e => e with { Indices = parts },
        Call e => e with { Arguments = parts },
        _ => expr,
    };
}
