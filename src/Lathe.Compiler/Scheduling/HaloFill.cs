using Lathe.Compilation.Kernels;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Scheduling;

/// <summary>Writes zeros around what a kernel stores inside of a padded buffer.</summary>
internal static class HaloFill
{
    /// <summary>
    /// For each padded axis, the slabs before and after the inner part, as wide as the inner part along the axes before it and as
    /// the whole buffer along those after it: together they are the halo, each element once.
    /// </summary>
    public static Stmt Of(KernelDraft draft, Buffer target, Pad pad, long[] inner, MachineFacts machine)
    {
        var slabs = new List<Stmt>();
        for (int axis = 0; axis < inner.Length; axis++)
        {
            foreach (var (start, extent) in new[] { (0L, pad.Before[axis]), (pad.Before[axis] + inner[axis], pad.After[axis]) })
            {
                if (extent == 0)
                    continue;
                long[] from = [.. Enumerable.Range(0, inner.Length).Select(a => a < axis ? pad.Before[a] : a == axis ? start : 0)];
                long[] size = [.. Enumerable.Range(0, inner.Length).Select(a => a < axis ? inner[a] : a == axis ? extent : target.Shape[a])];
                slabs.Add(Fill(draft, target, from, size, [], machine));
            }
        }
        return Stmt.Sequence(slabs);
    }

    private static Stmt Fill(KernelDraft draft, Buffer target, long[] from, long[] size, Expr[] outer, MachineFacts machine)
    {
        int axis = outer.Length;
        if (axis < size.Length - 1)
            return draft.Loop(size[axis], i => Fill(draft, target, from, size, [.. outer, i + from[axis]], machine));
        int lanes = machine.Lanes(target.Element);
        long full = size[axis] / lanes;
        Stmt Store(Expr at, int width) => target.Store([.. outer, Build.Lane(at + from[axis], width)], Build.Const(0, target.Element));
        var rest = VectorPieces.Of(size[axis] - (full * lanes), lanes).Select(p => Store((full * lanes) + p.Start, p.Lanes));
        return full == 0 ? Stmt.Sequence(rest) : Stmt.Sequence([draft.Loop(full, v => Store(v * lanes, lanes)), .. rest]);
    }
}
