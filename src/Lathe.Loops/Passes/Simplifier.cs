using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>
/// Simplifies kernels and expressions without changing any value: sums of indices in one form, clamps, divisions, remainders, comparisons,
/// selects and ifs that the ranges of the loops decide, loops of no or one iteration, bindings of constants, and statements that do nothing.
/// </summary>
public static class Simplifier
{
    public static Kernel Run(Kernel kernel) => kernel with { Body = Run(kernel.Body, new ExprSimplifier()) };

    /// <summary>Simplifies an expression whose i64 variables have the ranges given, ends included.</summary>
    public static Expr Run(Expr expr, IEnumerable<(Var Variable, long Low, long High)>? ranges = null)
    {
        var expressions = new ExprSimplifier();
        Func<Expr> simplify = () => expressions.Simplify(expr);
        foreach (var (variable, low, high) in (ranges ?? []).Reverse())
        {
            var inner = simplify;
            simplify = () => expressions.WithRange(variable, new Interval(low, high), inner);
        }
        return simplify();
    }

    private static Stmt Run(Stmt stmt, ExprSimplifier expressions) => stmt switch
    {
        Block s => Stmt.Sequence(s.Statements.Select(inner => Run(inner, expressions))),
        For s => RunLoop(s, expressions),
        Store s => s.Buffer.Store(s.Indices.Select(expressions.Simplify), expressions.Simplify(s.Value)),
        Prefetch s => s with { Indices = s.Indices.Select(expressions.Simplify).ToEquatableArray() },
        LetStmt s => RunLet(s, expressions),
        If s => RunIf(s, expressions),
        Allocate s => Run(s.Body, expressions) is var body && IsEmpty(body) ? body : s with { Body = body },
        _ => stmt,
    };

    private static Stmt RunLoop(For loop, ExprSimplifier expressions)
    {
        var (begin, end) = (expressions.Simplify(loop.Begin), expressions.Simplify(loop.End));
        if (expressions.Simplify(begin < end) is IntConst { Value: 0 })
            return new Block([]);
        // A simplified difference may have wrapped, so the bounds must be known to be near each other.
        if (expressions.Simplify(end - begin) is IntConst { Value: 1 } && expressions.Simplify(begin < end) is IntConst { Value: 1 })
            return expressions.WithValue(loop.Var, begin, () => Run(loop.Body, expressions));
        var range = new Interval(expressions.RangeOf(begin).Low, expressions.RangeOf(end).High - 1);
        var body = expressions.WithRange(loop.Var, range, () => Run(loop.Body, expressions));
        return IsEmpty(body) ? body : new For(loop.Var, begin, end, loop.Kind, body);
    }

    private static Stmt RunLet(LetStmt let, ExprSimplifier expressions)
    {
        var value = expressions.Simplify(let.Value);
        if (value is IntConst or FloatConst or Var)
            return expressions.WithValue(let.Var, value, () => Run(let.Body, expressions));
        var range = value.Element == DType.Int64 ? expressions.RangeOf(value) : Interval.All;
        var body = expressions.WithRange(let.Var, range, () => Run(let.Body, expressions));
        return body.Descendants().Any(s => s.Expressions.Any(e => e.Uses(let.Var))) ? new LetStmt(let.Var, value, body) : body;
    }

    private static Stmt RunIf(If branch, ExprSimplifier expressions)
    {
        var condition = expressions.Simplify(branch.Condition);
        if (condition is IntConst known)
            return known.Value != 0 ? Run(branch.Then, expressions) : branch.Else is null ? new Block([]) : Run(branch.Else, expressions);
        var then = Under(condition, () => Run(branch.Then, expressions), expressions);
        var negated = expressions.Simplify(!condition);
        var otherwise = branch.Else is null ? null : Under(negated, () => Run(branch.Else, expressions), expressions);
        otherwise = otherwise is null || IsEmpty(otherwise) ? null : otherwise;
        if (!IsEmpty(then))
            return new If(condition, then, otherwise);
        return otherwise is null ? then : new If(negated, otherwise);
    }

    /// <summary>Runs an action where a condition holds: each comparison of sums narrows the variables in it.</summary>
    private static Stmt Under(Expr condition, Func<Stmt> inside, ExprSimplifier expressions)
    {
        if (condition is Binary { Op: BinaryOp.And } both)
            return Under(both.A, () => Under(both.B, inside, expressions), expressions);
        if (condition is not Compare { Op: CompareOp.Less or CompareOp.LessEqual or CompareOp.Equal, A: { Element: DType.Int64, Lanes: 1 } } compare)
            return inside();
        var (a, b) = (LinearSum.Of(compare.A), LinearSum.Of(compare.B));
        var difference = a.Minus(b);
        var direct = expressions.RangeOf(compare.A) + (expressions.RangeOf(compare.B) * -1);
        if (!direct.FitsInt64 || !difference.Range(expressions.RangeOf).FitsInt64)
            return inside();
        Int128 most = compare.Op == CompareOp.Less ? -1 : 0;
        foreach (var (term, factor) in difference.Terms)
        {
            if (term is not Var variable || factor is not (1 or -1))
                continue;
            // factor * variable + rest <= most
            var rest = difference.Minus(LinearSum.Of(factor == 1 ? variable : -variable)).Range(expressions.RangeOf);
            var range = expressions.RangeOf(variable);
            var narrowed = factor == 1 ? range with { High = Int128.Min(range.High, most - rest.Low) } : range with { Low = Int128.Max(range.Low, rest.Low - most) };
            if (compare.Op == CompareOp.Equal)
                narrowed = narrowed.Intersect(factor == 1 ? new Interval(-rest.High, -rest.Low) : rest);
            var next = inside;
            inside = () => expressions.WithRange(variable, narrowed, next);
        }
        return inside();
    }

    private static bool IsEmpty(Stmt stmt) => stmt is Block { Statements.Count: 0 };
}
