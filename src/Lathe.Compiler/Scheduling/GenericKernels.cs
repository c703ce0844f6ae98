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

    /// <summary>
    /// Vectors that are reduced at a time where there are as many terms as <see cref="LongReduction"/>: one would wait for its own last sum at every step, and
    /// read a line of memory here and a line there.
    /// </summary>
    private const int Chains = 4;

    private const long LongReduction = 16;

    public override string Name => "generic";

    public override bool Takes(Group group) => true;

    public override Schedule Default(Group group) => new(Name, []);

    public override LoweredKernel Lower(Group group, Schedule schedule)
    {
        string label = Labels.Of(group, Materialized);
        if (group.Result.Op is not LoopOp op)
            return LowerElements(label, group);
        var draft = new KernelDraft(group);
        var inputs = group.Result.Node.Inputs.Select(draft.Input).ToArray();
        var outputs = group.Result.Node.Outputs.Select(draft.Output).ToArray();
        return draft.Finish(label, op.Write(inputs, outputs));
    }

    private LoweredKernel LowerElements(string label, Group group)
    {
        bool flat = group.Place is null && group.Views.Count == 0 && ReadsOwnIndex(group.Result, group.Result);
        var draft = new KernelDraft(group, flat ? v => [v.Shape.ElementCount] : null);
        var target = new Destination(draft, group, Machine);
        var inliner = new Inliner(draft, Materialized);
        var whole = group.Halo is null ? group.Result : group.Inner;
        var parts = Parts(draft, inliner, whole, whole == group.Result, group.Placed).Select(part => LowerPart(draft, part, target));
        return draft.Finish(label, target.InHalo(parts)) with { StoresOnce = true };
    }

    /// <summary>A part of a value whose elements are written by loops of their own.</summary>
    /// <param name="Shape">Its extents.</param>
    /// <param name="Start">Where it begins in the value.</param>
    /// <param name="Index">Variables that count from there.</param>
    /// <param name="Element">The element there.</param>
    private sealed record Part(long[] Shape, long[] Start, Var[] Index, Expr Element);

    /// <summary>
    /// A value as one part; or one for each input of a concatenation that it is, or that elementwise ops make it of: so no element has to find out
    /// which input it comes from.
    /// </summary>
    private IEnumerable<Part> Parts(KernelDraft draft, Inliner inliner, Value value, bool isResult, EquatableArray<Value> placed)
    {
        Var[] Index(long[] shape) => [.. shape.Select(_ => draft.Variable("e"))];
        if ((isResult || !Materialized.Contains(value)) && InnerConcat(value, value.Shape) is { } concat)
        {
            int axis = ((Concat)concat.Op).Axis;
            long at = 0;
            foreach (var input in concat.Node.Inputs)
            {
                long[] shape = draft.ShapeOf(input), start = new long[shape.Length];
                var index = Index(shape);
                start[axis] = at;
                at += shape[axis];
                if (placed.Contains(input))
                    continue;
                Expr[] inWhole = [.. index.Zip(start, (e, s) => e + s)];
                var datum = inliner.Read(input, index);
                yield return new(shape, start, index, isResult ? inliner.Element(value, inWhole, concat, datum) : inliner.Read(value, inWhole, concat, datum));
            }
        }
        else
        {
            long[] shape = draft.ShapeOf(value);
            var index = Index(shape);
            yield return new(shape, new long[shape.Length], index, isResult ? inliner.Element(value, index) : inliner.Read(value, index));
        }
    }

    /// <summary>The concatenation of a shape that a value is, or is made of element by element.</summary>
    private Value? InnerConcat(Value value, Shape shape) => value.Op switch
    {
        _ when value.Shape != shape => null,
        Concat => value,
        ElementwiseOp => value.Node.Inputs.Where(i => i.Constant is null && !Materialized.Contains(i)).Select(i => InnerConcat(i, shape)).FirstOrDefault(c => c is not null),
        _ => null,
    };

    private Stmt LowerPart(KernelDraft draft, Part part, Destination target)
    {
        var (shape, start, index, element) = part;

        Stmt At(Expr[] at)
        {
            var value = element.Substitute(index.Zip(at).ToDictionary(p => p.First, p => p.Second));
            return StoreElement(draft, Build.ToLanes(value, Build.LanesOf(at)), v => target.Store([.. at.Zip(start, (e, s) => e + s)], v));
        }

        long work = shape.Aggregate(1L, (a, b) => a * b) * WorkPerElement(element);
        bool parallel = work >= ParallelWork && Machine.Threads > 1;
        int vectorLanes = shape.Length > 0 && Affine.VectorsRunAlong(element, index[^1]) ? Machine.Lanes(target.Buffer.Element) : 1;
        if (vectorLanes > 1 && Terms(element) >= LongReduction && shape[^1] >= (long)Chains * vectorLanes)
            vectorLanes *= Chains;
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
    private Stmt Row(KernelDraft draft, long extent, int lanes, bool parallel, Expr[] outer, Func<Expr[], Stmt> at) =>
        VectorPieces.Loop(draft, extent, lanes, (first, width) => at([.. outer, Build.Lane(first, width)]), parallel ? Machine.Threads : 1);

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

    private static long WorkPerElement(Expr element) => 1 + Terms(element);

    /// <summary>Terms of all reductions in an element.</summary>
    private static long Terms(Expr element) => element.Descendants().OfType<Reduce>().Sum(r => r.Axes.Aggregate(1L, (n, a) => n * a.Extent));

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
