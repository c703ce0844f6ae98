using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Compilation.Scheduling;

/// <summary>
/// Counts the operations that a kernel's loops carry out, by walking them: what its method needs, whatever the layer is counted with. The unit is what a
/// processor does in the time of half a float32 multiply-add: an operation counts for each of its lanes by the lane's size in floats, and a <see cref="Dot4"/> as
/// one multiply-add a lane. Indices, loads, moves and constants count nothing.
/// </summary>
internal sealed class KernelArithmetic
{
    private const int FloatBytes = 4;

    /// <summary>Rounds of loops that are looked at one by one, because what is inside depends on the round. More than any kernel has; a bound on the time.</summary>
    private const int MostRounds = 200_000;

    private readonly Dictionary<Stmt, IReadOnlySet<Var>> _control = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Stmt, double> _known = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Var, long> _values = [];
    private int _rounds;

    private KernelArithmetic()
    {
    }

    /// <summary>The operations of a call; null where they depend on data.</summary>
    public static long? Of(Kernel kernel)
    {
        double count = new KernelArithmetic().Count(kernel.Body);
        return count < long.MaxValue ? (long)Math.Round(count) : null;
    }

    /// <summary>Infinite where it depends on data.</summary>
    private double Count(Stmt stmt)
    {
        if (_known.TryGetValue(stmt, out double known))
            return known;
        double count = stmt switch
        {
            Block s => s.Statements.Sum(Count),
            Allocate s => Count(s.Body),
            Store s => Count(s.Value),
            LetStmt s => CountLet(s),
            If s => CountIf(s),
            For s => CountFor(s),
            _ => 0,
        };
        if (ControlOf(stmt).Count == 0)
            _known.Add(stmt, count);
        return count;
    }

    private double CountLet(LetStmt let)
    {
        if (ControlOf(let.Body).Contains(let.Var) && Evaluate(let.Value) is { } value)
            _values[let.Var] = value;
        else
            _values.Remove(let.Var);
        return (let.Var.Type == ExprType.Index ? 0 : Count(let.Value)) + Count(let.Body);
    }

    /// <summary>The longer branch where the condition depends on data.</summary>
    private double CountIf(If branch) => Evaluate(branch.Condition) switch
    {
        null => Math.Max(Count(branch.Then), CountElse(branch)),
        0 => CountElse(branch),
        _ => Count(branch.Then),
    };

    private double CountElse(If branch) => branch.Else is { } other ? Count(other) : 0;

    private double CountFor(For loop)
    {
        if (Evaluate(loop.Begin) is not { } begin || Evaluate(loop.End) is not { } end)
            return double.PositiveInfinity;
        if (end <= begin)
            return 0;
        if (!ControlOf(loop.Body).Contains(loop.Var))
            return (end - (double)begin) * Count(loop.Body);
        double count = 0;
        for (long i = begin; i < end && double.IsFinite(count); i++)
        {
            if (++_rounds > MostRounds)
                return double.PositiveInfinity;
            _values[loop.Var] = i;
            count += Count(loop.Body);
        }
        _values.Remove(loop.Var);
        return count;
    }

    /// <summary>The variables from outside of a statement that its loops' bounds and its conditions depend on.</summary>
    private IReadOnlySet<Var> ControlOf(Stmt stmt)
    {
        if (_control.TryGetValue(stmt, out var known))
            return known;
        var control = new HashSet<Var>();
        foreach (var inner in stmt.Children)
            control.UnionWith(ControlOf(inner));
        if (stmt is LetStmt let && control.Remove(let.Var))
            control.UnionWith(VarsOf(let.Value));
        if (stmt is For loop)
            control.Remove(loop.Var);
        if (stmt is For or If)
            control.UnionWith(stmt.Expressions.SelectMany(VarsOf));
        _control.Add(stmt, control);
        return control;
    }

    private static IEnumerable<Var> VarsOf(Expr expr) => expr.Descendants().OfType<Var>();

    /// <summary>The value of a whole number or a condition of variables that are known; else null.</summary>
    private long? Evaluate(Expr expr) => expr switch
    {
        IntConst e => e.Value,
        Var e => _values.TryGetValue(e, out long value) ? value : null,
        Select e => Evaluate(e.Condition) is { } holds ? Evaluate(holds != 0 ? e.Then : e.Else) : null,
        Binary e => Evaluate(e.A) is { } a && Evaluate(e.B) is { } b && Build.Binary(e.Op, new IntConst(a, e.Element), new IntConst(b, e.Element)) is IntConst result ? result.Value : null,
        Compare e => Evaluate(e.A) is { } a && Evaluate(e.B) is { } b && Build.Compare(e.Op, new IntConst(a, e.A.Element), new IntConst(b, e.A.Element)) is IntConst result ? result.Value : null,
        Unary { Op: UnaryOp.Not } e when e.Element == DType.Bool => Evaluate(e.A) is { } a ? 1 - a : null,
        _ => null,
    };

    private static double Count(Expr expr)
    {
        double own = expr switch
        {
            Call { Function: Intrinsic.Fma } or FloorFma or Dot4 => 2,
            Unary or Binary or Compare or Select or Cast or Call or Horizontal => 1,
            _ => 0,
        };
        int lanes = expr is Horizontal { A: var all } ? all.Lanes - 1 : expr.Lanes;
        int size = expr is Compare { A: var compared } ? compared.Element.Size : expr.Element.Size;
        double inner = expr is Load ? 0 : expr.Children.Sum(Count);
        return inner + (own * lanes * size / FloatBytes);
    }
}
