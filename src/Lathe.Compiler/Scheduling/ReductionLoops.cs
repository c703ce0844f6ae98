using Lathe.Compilation.Kernels;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

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
        Expr[] all = [Build.Lane(0, reduce.Lanes)];
        var sums = new PartialSums(draft, reduce, reduce.Lanes, [all]);
        var result = draft.Local(reduce.Element, reduce.Lanes);
        return new Allocate(result, Stmt.Sequence(
            sums.Init(result),
            sums.Over(reduce.Axes, 1, sum => sum.Store(all, Build.Combine(reduce.Op, sum[all], reduce.Body)))(result),
            use(result[all])));
    }

    private static Stmt AlongAxis(KernelDraft draft, Reduce reduce, int lanes, Func<Expr, Stmt> use)
    {
        // Several chains of accumulators hide the latency of the addition.
        const int chains = 4;
        var last = reduce.Axes[^1];
        int unroll = last.Extent >= chains * lanes ? chains : 1;
        long step = (long)unroll * lanes;
        long steps = last.Extent / step;
        var sums = new PartialSums(draft, reduce, step, [.. Enumerable.Range(0, unroll).Select(c => new[] { Build.Lane(c * lanes, lanes) })]);

        Stmt Update(Buffer sum, Expr at, int width, long chain)
        {
            Expr[] place = [Build.Lane(chain * lanes, width)];
            var value = reduce.Body.Substitute(new Dictionary<Var, Expr> { [last.Var] = Build.Lane(at, width) });
            return sum.Store(place, Build.Combine(reduce.Op, sum[place], Build.ToLanes(value, width)));
        }

        Stmt Row(Buffer sum) => Stmt.Sequence(
        [
            sums.Turns(steps, 1, sum, (i, part) => Stmt.Sequence(Enumerable.Range(0, unroll).Select(c => Update(part, (i * step) + (c * lanes), lanes, c)))),
            .. VectorPieces.Of(last.Extent - (steps * step), lanes).Select(p => Update(sum, (steps * step) + p.Start, p.Lanes, 0)),
        ]);

        var result = draft.Local(reduce.Element, step);
        var total = Enumerable.Range(1, unroll - 1).Aggregate(
            result[Build.Lane(0, lanes)], (acc, c) => Build.Combine(reduce.Op, acc, result[Build.Lane(c * lanes, lanes)]));
        return new Allocate(result, Stmt.Sequence(
            sums.Init(result),
            sums.Over([.. reduce.Axes.SkipLast(1)], Math.Min(steps, PartialSums.MostTerms), Row)(result),
            use(new Horizontal(reduce.Op, total))));
    }
}
