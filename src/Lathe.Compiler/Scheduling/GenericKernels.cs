using Lathe.Compilation.Kernels;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Scheduling;

/// <summary>
/// Kernels by rule for everything that has no generator: elementwise, movement and reduction groups. Vectors run along the
/// innermost output axis, or along the innermost reduced axis where the data lies that way; outer axes run in parallel.
/// </summary>
internal sealed class GenericKernels(MachineFacts machine, IReadOnlySet<Value> materialized) : KernelGenerator(machine, materialized)
{
    /// <summary>Below this many element computations a kernel runs on one thread: waking others takes longer.</summary>
    private const long ParallelWork = 16 << 10;

    public override string Name => "generic";

    public override bool Takes(Group group) => true;

    public override Schedule Default(Group group) => new(Name, []);

    public override LoweredKernel Lower(Group group, Schedule schedule)
    {
        string label = Labels.Of(group, Materialized);
        if (group.Result.Op is not LoopOp op)
            return LowerElements(label, group);
        var draft = new KernelDraft();
        var inputs = group.Result.Node.Inputs.Select(draft.Input).ToArray();
        var outputs = group.Result.Node.Outputs.Select(draft.Output).ToArray();
        return draft.Finish(label, op.Write(inputs, outputs));
    }

    private LoweredKernel LowerElements(string label, Group group)
    {
        bool flat = ReadsOwnIndex(group.Result, group.Result);
        var draft = new KernelDraft(flat ? v => [v.Shape.ElementCount] : null);
        var target = draft.Output(group.Result);
        var inliner = new Inliner(draft, Materialized);
        var parts = Parts(draft, group).Select(part => LowerPart(draft, inliner, group, part.Value, part.Offset, target));
        var body = Stmt.Sequence(group.Halo is { } halo ? [HaloFill.Of(draft, target, halo, group.Inner.Shape.ToArray(), Machine), .. parts] : parts);
        return draft.Finish(label, body);
    }

    /// <summary>
    /// The values whose elements are written one by one, and where each begins in the result: what is padded, what is put one after
    /// another, or the result itself.
    /// </summary>
    private static IEnumerable<(Value Value, long[] Offset)> Parts(KernelDraft draft, Group group)
    {
        if (group.Halo is { } halo)
            return [(group.Inner, [.. halo.Before])];
        if (group.Result.Op is not Concat concat)
            return [(group.Result, new long[draft.ShapeOf(group.Result).Length])];
        var parts = new List<(Value, long[])>();
        long at = 0;
        foreach (var input in group.Result.Node.Inputs)
        {
            var offset = new long[input.Shape.Rank];
            offset[concat.Axis] = at;
            at += input.Shape[concat.Axis].Value;
            parts.Add((input, offset));
        }
        return parts;
    }

    private Stmt LowerPart(KernelDraft draft, Inliner inliner, Group group, Value part, long[] offset, Buffer target)
    {
        long[] shape = draft.ShapeOf(part);
        var index = shape.Select(_ => draft.Variable("e")).ToArray();
        var element = part == group.Result ? inliner.Element(part, index) : inliner.Read(part, index);

        Stmt At(Expr[] at)
        {
            var value = element.Substitute(index.Zip(at).ToDictionary(p => p.First, p => p.Second));
            return StoreElement(draft, Build.ToLanes(value, Build.LanesOf(at)), v => target.Store(at.Zip(offset, (e, o) => e + o), v));
        }

        long work = shape.Aggregate(1L, (a, b) => a * b) * WorkPerElement(element);
        bool parallel = work >= ParallelWork && Machine.Threads > 1;
        int vectorLanes = shape.Length > 0 && Affine.VectorsRunAlong(element, index[^1]) ? Machine.Lanes(target.Element) : 1;
        return shape.Length == 1
            ? Row(draft, shape[0], vectorLanes, parallel, [], At)
            : Rows(draft, shape, parallel, outer => outer.Length == shape.Length ? At(outer) : Row(draft, shape[^1], vectorLanes, false, outer, At));
    }

    /// <summary>Loops over all axes but the last, in parallel tasks where the work is worth it.</summary>
    private Stmt Rows(KernelDraft draft, long[] shape, bool parallel, Func<Expr[], Stmt> row)
    {
        long[] extents = [.. shape.SkipLast(1)];
        long rows = extents.Aggregate(1L, (a, b) => a * b);
        if (parallel && rows > 1)
            return draft.ParallelLoop(rows, Machine.Threads, r => row(FlatIndex.Unravel(r, extents)));
        Stmt Nest(Expr[] outer) => outer.Length == extents.Length ? row(outer) : draft.Loop(extents[outer.Length], i => Nest([.. outer, i]));
        return Nest([]);
    }

    /// <summary>The last axis: whole vectors in a loop, then the rest in smaller ones.</summary>
    private Stmt Row(KernelDraft draft, long extent, int lanes, bool parallel, Expr[] outer, Func<Expr[], Stmt> at)
    {
        long full = extent / lanes;
        Stmt Vector(Expr v) => at([.. outer, Build.Lane(v * lanes, lanes)]);
        var rest = VectorPieces.Of(extent - (full * lanes), lanes).Select(p => at([.. outer, Build.Lane((full * lanes) + p.Start, p.Lanes)]));
        var main = full == 0 ? Stmt.Sequence() : parallel ? draft.ParallelLoop(full, Machine.Threads, Vector) : draft.Loop(full, Vector);
        return Stmt.Sequence([main, .. rest]);
    }

    /// <summary>
    /// Stores an element whose expression may hold reductions: each becomes an accumulator and loops before the store. A choice
    /// by a condition that is the same for all lanes becomes a branch, so that padding costs no loads.
    /// </summary>
    private Stmt StoreElement(KernelDraft draft, Expr value, Func<Expr, Stmt> store)
    {
        if (value.Descendants().OfType<Reduce>().FirstOrDefault() is { } reduce)
        {
            return ReductionLoops.Accumulate(draft, reduce, Machine, result =>
                StoreElement(draft, value.Rewrite(e => e == reduce ? result : null), store));
        }
        return value is Select { Condition: Broadcast { A: var condition } } select
            ? new If(condition, StoreElement(draft, select.Then, store), StoreElement(draft, select.Else, store))
            : store(value);
    }

    private static long WorkPerElement(Expr element) =>
        1 + element.Descendants().OfType<Reduce>().Sum(r => r.Axes.Aggregate(1L, (n, a) => n * a.Extent));

    /// <summary>Whether a group is elementwise all through and every value in it has the result's shape or one element.</summary>
    private bool ReadsOwnIndex(Value value, Value result)
    {
        if (value.Shape.ElementCount != 1 && value.Shape != result.Shape)
            return false;
        if (value != result && (value.Constant is not null || Materialized.Contains(value)))
            return true;
        return value.Op is ElementwiseOp && value.Shape == result.Shape && value.Node.Inputs.All(i => ReadsOwnIndex(i, result));
    }
}
