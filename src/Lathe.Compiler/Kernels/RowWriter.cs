using System.Collections.Immutable;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// Writes the passes over a block of rows: each pass goes over all rows of the block before the next begins, so that no row waits for what
/// another one's places add up to.
/// </summary>
/// <param name="draft">The kernel; its values have their outer axes and one axis along the row.</param>
/// <param name="plan">What is computed in which pass.</param>
/// <param name="length">Places in a row.</param>
/// <param name="lanes">Places in a vector.</param>
/// <param name="rows">Rows in a block, at most.</param>
/// <param name="vectors">Vectors in a turn of the loop along a row.</param>
/// <param name="view">A value as the outer axes and one axis along the row; null where the draft sees values so.</param>
/// <param name="near">The buffer [row, place] in the kernel where a value is that has no memory of its own, null for others.</param>
internal sealed class RowWriter(
    KernelDraft draft, RowPlan plan, long length, int lanes, long rows, int vectors, Func<Value, long[]>? view = null, Func<Value, Buffer?>? near = null)
{
    /// <summary>Accumulators of one reduction, so that additions do not wait for each other.</summary>
    private const int MostChains = 4;

    private readonly Dictionary<Value, Buffer> _kept = plan.Kept.ToDictionary(v => v, v => draft.Local(v.Element, rows, length));
    private readonly Dictionary<Value, Buffer> _scalars = plan.Nodes.Where(n => !plan.IsFull(n)).ToDictionary(n => n.Output, n => draft.Local(n.Output.Element, rows));
    private readonly Dictionary<Value, Buffer> _inverses = plan.Nodes.Where(n => n.Op is Div && n.Output.Element.IsFloat && plan.IsFull(n))
        .Select(n => n.Inputs[1]).Where(v => plan.IsInside(v) && !plan.IsFull(v.Node)).Distinct().ToDictionary(v => v, v => draft.Local(v.Element, rows));

    private bool StoresPlaces => plan.IsFull(plan.Nodes[^1]);

    /// <summary>Statements for the rows from one number to another.</summary>
    /// <param name="begin">The first row.</param>
    /// <param name="end">The row after the last one.</param>
    /// <param name="outer">The index along the outer axes of a row.</param>
    /// <param name="store">Writes the result of a row, of that index along the outer axes, from a place on; a result that is one for each row is at place 0.</param>
    public Stmt Write(Expr begin, Expr end, Func<Expr, Expr[]> outer, Func<Expr, Expr[], Expr, Expr, Stmt> store)
    {
        Row At(Expr row, Expr number) => new(row, outer(row), number, (place, value) => store(row, outer(row), place, value));
        Stmt Pass(int pass) => rows == 1 ? Of(pass, At(begin, 0)) : Loop(begin, end, row => Of(pass, At(row, row - begin)));
        var body = Stmt.Sequence(Enumerable.Range(0, plan.Count + (StoresPlaces ? 0 : 1)).Select(Pass));
        return _kept.Values.Concat(_scalars.Values).Concat(_inverses.Values).Aggregate(body, (inner, buffer) => new Allocate(buffer, inner));
    }

    private For Loop(Expr begin, Expr end, Func<Expr, Stmt> body)
    {
        var row = draft.Variable("row");
        return new For(row, begin, end, LoopKind.Serial, body(row));
    }

    /// <summary>For one row, what is known before a pass, the pass, and what it sums up to.</summary>
    private Stmt Of(int pass, Row row) => BindEach([.. plan.KnownBefore(pass)], row, () =>
    {
        if (pass == plan.Count)
            return row.Store(0, Scalar(plan.Nodes[^1].Output, row));
        var sums = plan.ReducedIn(pass).ToDictionary(n => n, n => draft.Local(n.Output.Element, Slots.Sum(s => s.Lanes)));
        var start = sums.SelectMany(s => Slots.Select(slot => s.Value.Store([Build.Lane(slot.Start, slot.Lanes)], Build.Identity(Combination(s.Key), s.Key.Output.Element))));
        var totals = sums.Keys.Select(node => draft.Let([Total(Combination(node), sums[node])], total => Keep(node.Output, total[0], row)));
        return sums.Values.Aggregate(Stmt.Sequence([.. start, Along(pass, sums, row), .. totals]), (body, buffer) => new Allocate(buffer, body));
    });

    /// <summary>Computes what is one number for the row.</summary>
    private Stmt BindEach(Node[] nodes, Row row, Func<Stmt> body)
    {
        if (nodes is not [var node, .. var others])
            return body();
        return draft.Let([Element(node, i => Scalar(i, row))], bound => Stmt.Sequence(
            Keep(node.Output, bound[0], row),
            BindEach(others, row with { Known = row.Known.SetItem(node.Output, bound[0]) }, body)));
    }

    /// <summary>
    /// Remembers a number for the row's later passes. Many places divided by one number are multiplied by its inverse, which is much faster and
    /// differs by rounding.
    /// </summary>
    private Stmt Keep(Value value, Expr number, Row row)
    {
        var kept = _scalars[value].Store([row.Number], number);
        return _inverses.TryGetValue(value, out var inverse) ? Stmt.Sequence(kept, inverse.Store([row.Number], Build.Const(1, value.Element) / number)) : kept;
    }

    /// <summary>One pass: turns of some vectors, the vectors that are left, and the end of the row.</summary>
    private Stmt Along(int pass, Dictionary<Node, Buffer> sums, Row row)
    {
        if (length < lanes)
            return Stmt.Sequence(Slots.Select(slot => At(pass, slot.Start, slot, null, sums, row)));
        long whole = length / lanes, turns = whole / vectors;
        Stmt Vector(Expr number, int slot) => At(pass, number * lanes, Slots[slot % Slots.Length], null, sums, row);
        var statements = new List<Stmt>
        {
            draft.Loop(turns, turn => Stmt.Sequence(Enumerable.Range(0, vectors).Select(v => Vector((turn * vectors) + v, v)))),
        };
        for (long v = turns * vectors; v < whole; v++)
            statements.Add(Vector(v, (int)(v % vectors)));
        if (length % lanes is > 0 and var rest)
        {
            // A whole vector that ends at the row's end; its first lanes have been counted.
            var isNew = Build.Compare(CompareOp.LessEqual, new Broadcast(lanes - rest, lanes), Build.Lane(0, lanes));
            statements.Add(At(pass, length - lanes, Slots[0], isNew, sums, row));
        }
        return Stmt.Sequence(statements);
    }

    /// <summary>A pass over one vector of places: computes, keeps, sums up and stores.</summary>
    private Stmt At(int pass, Expr place, (long Start, int Lanes) slot, Expr? isNew, Dictionary<Node, Buffer> sums, Row row)
    {
        var at = Build.Lane(place, slot.Lanes);
        var bound = new List<(Var Var, Expr Value)>();
        var known = new Dictionary<Value, Expr>();
        Expr Bind(Value of, Expr value)
        {
            var variable = draft.Variable("e", value.Type);
            bound.Add((variable, value));
            return known[of] = variable;
        }

        Expr Read(Value value)
        {
            if (known.TryGetValue(value, out var expr))
                return expr;
            if (_kept.TryGetValue(value, out var buffer))
                return Bind(value, buffer[row.Number, at]);
            if (plan.IsInside(value) || value.Constant is { Count: 1 })
                return Scalar(value, row);
            if (near?.Invoke(value) is { } rowsOf)
                return Bind(value, rowsOf[row.At, at]);
            return ShapeOf(value)[^1] == 1 ? Scalar(value, row) : Bind(value, draft.Input(value, ShapeOf(value))[Index(value, row, at)]);
        }

        foreach (var node in plan.ComputedIn(pass))
        {
            var value = node.Op is Div && _inverses.TryGetValue(node.Inputs[1], out var inverse) ? Read(node.Inputs[0]) * inverse[row.Number] : Element(node, Read);
            Bind(node.Output, Build.ToLanes(value, slot.Lanes));
        }
        var statements = plan.KeptIn(pass).Select(v => _kept[v].Store([row.Number, at], known[v])).ToList();
        foreach (var (node, sum) in sums)
        {
            Expr[] place0 = [Build.Lane(slot.Start, slot.Lanes)];
            var value = Build.ToLanes(Read(node.Inputs[0]), slot.Lanes);
            if (isNew is not null)
                value = Build.Select(isNew, value, Build.Identity(Combination(node), node.Output.Element));
            statements.Add(sum.Store(place0, Build.Combine(Combination(node), sum[place0], value)));
        }
        if (pass == plan.Count - 1 && StoresPlaces)
            statements.Add(row.Store(at, known[plan.Nodes[^1].Output]));
        return bound.AsEnumerable().Reverse().Aggregate(Stmt.Sequence(statements), (body, b) => new LetStmt(b.Var, b.Value, body));
    }

    private Expr Scalar(Value value, Row row)
    {
        if (row.Known.TryGetValue(value, out var known))
            return known;
        if (_scalars.TryGetValue(value, out var buffer))
            return buffer[row.Number];
        if (value.Constant is { Count: 1 } constant)
            return constant.Type.IsFloat ? new FloatConst(constant.GetDouble(0), constant.Type) : new IntConst(constant.GetInt64(0), constant.Type);
        return draft.Input(value, ShapeOf(value))[Index(value, row, 0)];
    }

    private IEnumerable<Expr> Index(Value value, Row row, Expr place) =>
        ShapeOf(value).Zip(row.Outer.Append(place), (extent, index) => extent == 1 ? 0 : index);

    private long[] ShapeOf(Value value) => view is null ? draft.ShapeOf(value) : view(value);

    private static Expr Element(Node node, Func<Value, Expr> read) => ((ElementwiseOp)node.Op).Apply([.. node.Inputs.Select(read)], node.Output.Element);

    private static ReduceOp Combination(Node node) => ((ReductionOp)node.Op).Combination;

    /// <summary>Where the accumulators of a reduction lie in its buffer: vectors, or the pieces of a row that is shorter than one.</summary>
    private (long Start, int Lanes)[] Slots => field ??= length < lanes
        ? [.. VectorPieces.Of(length, lanes)]
        : [.. Enumerable.Range(0, (int)Math.Min(Math.Min(vectors, length / lanes), MostChains)).Select(c => ((long)c * lanes, lanes))];

    private Expr Total(ReduceOp op, Buffer sum) => Slots.GroupBy(s => s.Lanes)
        .Select(g => g.Select(s => sum[Build.Lane(s.Start, s.Lanes)]).Aggregate((a, b) => Build.Combine(op, a, b)))
        .Select(v => v.Lanes == 1 ? v : new Horizontal(op, v))
        .Aggregate((a, b) => Build.Combine(op, a, b));

    /// <summary>A row: its number, its index, its number in the block, how to write its result, and variables of what is one number for it.</summary>
    private sealed record Row(Expr At, Expr[] Outer, Expr Number, Func<Expr, Expr, Stmt> Store)
    {
        public ImmutableDictionary<Value, Expr> Known { get; init; } = ImmutableDictionary<Value, Expr>.Empty;
    }
}
