using Lathe.Compilation.Kernels;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Scheduling;

/// <summary>Writes the padding around what a kernel stores inside of a padded buffer.</summary>
internal static class HaloFill
{
    /// <summary>Less than this is written by one thread, which takes about as long as to start another.</summary>
    private const long SerialBytes = 16 << 10;

    /// <summary>
    /// On several threads, the halo is shared out along its first axis like the rows inside of it, so that a row and its halo are written by the
    /// same thread: to write where another core has read costs many times as much.
    /// </summary>
    public static Stmt Of(KernelDraft draft, Buffer target, Pad pad, long[] inner, MachineFacts machine)
    {
        int first = Enumerable.Range(0, inner.Length).First(a => pad.Before[a] + pad.After[a] > 0);
        long bytes = target.Bytes - (inner.Aggregate(1L, (a, b) => a * b) * target.Element.Size);
        if (machine.Threads == 1 || bytes < SerialBytes || first == inner.Length - 1)
            return Slabs(draft, target, pad, inner, [], machine);

        Stmt Share(Expr[] outer) => outer.Length < first
            ? draft.Loop(inner[outer.Length], i => Share([.. outer, i]))
            : draft.ParallelLoop(target.Shape[first], machine.Threads, i => new If(
                (i >= pad.Before[first]) & (i < pad.Before[first] + inner[first]),
                Slabs(draft, target, pad, inner, [.. outer, i], machine),
                Fill(draft, target, pad, new long[inner.Length], target.Shape.ToArray(), [.. outer, i], machine)));
        return Share([]);
    }

    /// <summary>
    /// For each padded axis from the given indices on, the slabs before and after the inner part, as wide as the inner part along the axes
    /// before it and as the whole buffer along those after it: together they are the halo, each element once.
    /// </summary>
    private static Stmt Slabs(KernelDraft draft, Buffer target, Pad pad, long[] inner, Expr[] outer, MachineFacts machine)
    {
        var slabs = new List<Stmt>();
        for (int axis = outer.Length; axis < inner.Length; axis++)
        {
            foreach (var (start, extent) in new[] { (0L, pad.Before[axis]), (pad.Before[axis] + inner[axis], pad.After[axis]) })
            {
                if (extent == 0)
                    continue;
                long[] from = [.. Enumerable.Range(0, inner.Length).Select(a => a < axis ? pad.Before[a] : a == axis ? start : 0)];
                long[] size = [.. Enumerable.Range(0, inner.Length).Select(a => a < axis ? inner[a] : a == axis ? extent : target.Shape[a])];
                slabs.Add(Fill(draft, target, pad, from, size, outer, machine));
            }
        }
        return Stmt.Sequence(slabs);
    }

    private static Stmt Fill(KernelDraft draft, Buffer target, Pad pad, long[] from, long[] size, Expr[] outer, MachineFacts machine)
    {
        int axis = outer.Length;
        if (axis < size.Length - 1)
            return draft.Loop(size[axis], i => Fill(draft, target, pad, from, size, [.. outer, i + from[axis]], machine));
        return VectorPieces.Loop(draft, size[axis], machine.Lanes(target.Element), (at, lanes) =>
            target.Store([.. outer, Build.Lane(at + from[axis], lanes)], pad.Fill(target.Element)));
    }
}
