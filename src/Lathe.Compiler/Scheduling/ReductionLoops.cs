using Lathe.Compilation.Kernels;
using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Compilation.Scheduling;

/// <summary>Turns a reduction into loops over an accumulator.</summary>
internal static class ReductionLoops
{
    /// <summary>
    /// Loops that reduce, then what <paramref name="use"/> does with the result. A vector body keeps a vector of accumulators; a scalar body
    /// whose data lies along the last reduced axis is done by vectors along that axis and combined at the end.
    /// </summary>
    public static Stmt Accumulate(KernelDraft draft, Reduce reduce, MachineFacts machine, Func<Expr, Stmt> use)
    {
        var axes = reduce.Axes;
        var last = axes[^1];
        int lanes = machine.Lanes(reduce.Element);
        bool alongAxis = reduce.Lanes == 1 && lanes > 1 && last.Extent >= lanes
            && reduce.Body.Descendants().OfType<Load>().Any(l => l.Indices.Count > 0 && Affine.Stride(l.Indices[^1], last.Var) == 1)
            && Affine.VectorsRunAlong(reduce.Body, last.Var);
        return alongAxis ? AlongAxis(draft, reduce, lanes, use) : AcrossAxes(draft, reduce, use);
    }

    private static Stmt AcrossAxes(KernelDraft draft, Reduce reduce, Func<Expr, Stmt> use)
    {
        int lanes = reduce.Lanes;
        var sum = draft.Local(reduce.Element, lanes);
        Expr[] all = [Build.Lane(0, lanes)];
        var update = sum.Store(all, Build.Combine(reduce.Op, sum[all], reduce.Body));
        var body = reduce.Axes.Reverse().Aggregate(update, (inner, axis) => new For(axis.Var, 0, axis.Extent, LoopKind.Serial, inner));
        return new Allocate(sum, Stmt.Sequence(sum.Store(all, Build.Identity(reduce.Op, reduce.Element)), body, use(sum[all])));
    }

    private static Stmt AlongAxis(KernelDraft draft, Reduce reduce, int lanes, Func<Expr, Stmt> use)
    {
        // Several chains of accumulators hide the latency of the addition.
        const int chains = 4;
        var last = reduce.Axes[^1];
        int unroll = last.Extent >= chains * lanes ? chains : 1;
        long step = (long)unroll * lanes;
        long steps = last.Extent / step;
        var sum = draft.Local(reduce.Element, step);

        Stmt Update(Expr at, int width, long chain)
        {
            Expr[] place = [Build.Lane(chain * lanes, width)];
            var value = reduce.Body.Substitute(new Dictionary<Var, Expr> { [last.Var] = Build.Lane(at, width) });
            return sum.Store(place, Build.Combine(reduce.Op, sum[place], Build.ToLanes(value, width)));
        }

        var statements = new List<Stmt>
        {
            draft.Loop(steps, i => Stmt.Sequence(Enumerable.Range(0, unroll).Select(c => Update((i * step) + (c * lanes), lanes, c)))),
        };
        foreach (var (start, width) in VectorPieces.Of(last.Extent - (steps * step), lanes))
            statements.Add(Update((steps * step) + start, width, 0));
        var outer = reduce.Axes.SkipLast(1).Reverse().Aggregate(Stmt.Sequence(statements), (inner, axis) => new For(axis.Var, 0, axis.Extent, LoopKind.Serial, inner));

        var init = Enumerable.Range(0, unroll).Select(c => sum.Store([Build.Lane(c * lanes, lanes)], Build.Identity(reduce.Op, reduce.Element)));
        var total = Enumerable.Range(1, unroll - 1).Aggregate(
            sum[Build.Lane(0, lanes)], (acc, c) => Build.Combine(reduce.Op, acc, sum[Build.Lane(c * lanes, lanes)]));
        return new Allocate(sum, Stmt.Sequence([.. init, outer, use(new Horizontal(reduce.Op, total))]));
    }
}
