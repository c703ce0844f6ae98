using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>Writes the passes over one row.</summary>
/// <param name="draft">The kernel; its values have their outer axes and one axis along the row.</param>
/// <param name="plan">What is computed in which pass.</param>
/// <param name="length">Places in a row.</param>
/// <param name="lanes">Places in a vector.</param>
/// <param name="vectors">Vectors in a turn of the loop along a row.</param>
internal sealed class RowWriter(KernelDraft draft, RowPlan plan, long length, int lanes, int vectors)
{
    /// <summary>Accumulators of one reduction, so that additions do not wait for each other.</summary>
    private const int MostChains = 4;

    private bool StoresPlaces => plan.IsFull(plan.Nodes[^1]);

    /// <summary>Statements for the row at an index of the outer axes; <paramref name="store"/> writes the result from a place of the row on.</summary>
    public Stmt Write(IReadOnlyList<Expr> outer, Func<Expr, Expr, Stmt> store)
    {
        var row = new Row(outer, store, plan.Kept.ToDictionary(v => v, v => draft.Local(v.Element, length)));
        return row.Kept.Values.Aggregate(From(0, row), (body, buffer) => new Allocate(buffer, body));
    }

    /// <summary>What is known before a pass, the pass, and all after it.</summary>
    private Stmt From(int pass, Row row) => BindEach(plan.KnownBefore(pass), row, node => Element(node, i => Scalar(i, row)), () =>
    {
        if (pass == plan.Count)
            return StoresPlaces ? Stmt.Sequence() : row.Store(0, row.Scalars[plan.Nodes[^1].Output]);
        var sums = plan.ReducedIn(pass).ToDictionary(n => n, n => draft.Local(n.Output.Element, Slots.Sum(s => s.Lanes)));
        var start = sums.SelectMany(s => Slots.Select(slot => s.Value.Store([Build.Lane(slot.Start, slot.Lanes)], Build.Identity(Combination(s.Key), s.Key.Output.Element))));
        var rest = BindEach(sums.Keys, row, node => Total(Combination(node), sums[node]), () => From(pass + 1, row));
        return sums.Values.Aggregate(Stmt.Sequence([.. start, Along(pass, sums, row), rest]), (body, buffer) => new Allocate(buffer, body));
    });

    private Stmt BindEach(IEnumerable<Node> nodes, Row row, Func<Node, Expr> value, Func<Stmt> body)
    {
        if (nodes.FirstOrDefault() is not { } node)
            return body();
        return draft.Let([value(node)], bound =>
        {
            row.Scalars[node.Output] = bound[0];
            return IsDivisor(node.Output)
                ? draft.Let([Build.Const(1, node.Output.Element) / bound[0]], inverse =>
                {
                    row.Inverses[node.Output] = inverse[0];
                    return BindEach(nodes.Skip(1), row, value, body);
                })
                : BindEach(nodes.Skip(1), row, value, body);
        });
    }

    /// <summary>Many places divided by one number are multiplied by its inverse, which is much faster and differs by rounding.</summary>
    private bool IsDivisor(Value value) => value.Element.IsFloat && plan.Nodes.Any(n => n.Op is Div && n.Inputs[1] == value && plan.IsFull(n));

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
            if (row.Kept.TryGetValue(value, out var buffer))
                return Bind(value, buffer[at]);
            if (plan.IsInside(value) || value.Constant is { Count: 1 })
                return Scalar(value, row);
            return draft.ShapeOf(value)[^1] == 1 ? Scalar(value, row) : Bind(value, draft.Input(value)[Index(value, row, at)]);
        }

        foreach (var node in plan.ComputedIn(pass))
        {
            var value = node.Op is Div && row.Inverses.TryGetValue(node.Inputs[1], out var inverse) ? Read(node.Inputs[0]) * inverse : Element(node, Read);
            Bind(node.Output, Build.ToLanes(value, slot.Lanes));
        }
        var statements = plan.KeptIn(pass).Select(v => row.Kept[v].Store([at], known[v])).ToList();
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
        if (row.Scalars.TryGetValue(value, out var known))
            return known;
        if (value.Constant is { Count: 1 } constant)
            return constant.Type.IsFloat ? new FloatConst(constant.GetDouble(0), constant.Type) : new IntConst(constant.GetInt64(0), constant.Type);
        return draft.Input(value)[Index(value, row, 0)];
    }

    private IEnumerable<Expr> Index(Value value, Row row, Expr place) =>
        draft.ShapeOf(value).Zip(row.Outer.Append(place), (extent, index) => extent == 1 ? 0 : index);

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

    /// <summary>What is known of the row that is being written: its buffers, and by value the variables of its scalars and their inverses.</summary>
    private sealed record Row(IReadOnlyList<Expr> Outer, Func<Expr, Expr, Stmt> Store, Dictionary<Value, Buffer> Kept)
    {
        public Dictionary<Value, Expr> Scalars { get; } = [];

        public Dictionary<Value, Expr> Inverses { get; } = [];
    }
}
