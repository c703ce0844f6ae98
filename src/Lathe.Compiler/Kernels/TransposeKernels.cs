using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// The generator for transposes that bring another axis innermost. A square tile of vectors is turned in registers, so that memory is read and
/// written by whole vectors.
/// </summary>
internal sealed class TransposeKernels(MachineFacts machine, IReadOnlySet<Value> materialized) : KernelGenerator(machine, materialized)
{
    /// <summary>Below so many elements a kernel runs on one thread: waking others takes longer.</summary>
    private const long ParallelElements = 32 << 10;

    public override string Name => "transpose";

    public override bool Takes(Group group)
    {
        if (group.Halo is not null || group.Result.Op is not Transpose { Permutation: [.., var last] } || !Materialized.Contains(group.Result.Node.Inputs[0]))
            return false;
        var source = group.Result.Node.Inputs[0];
        int lanes = Machine.Lanes(source.Element);
        return source.Element.Size is 4 or 8 && lanes >= 4 && last != source.Type.Rank - 1 && source.Shape[^1].Value >= lanes && source.Shape[last].Value >= lanes;
    }

    public override Schedule Default(Group group) => new(Name, []);

    public override LoweredKernel Lower(Group group, Schedule schedule)
    {
        var source = group.Result.Node.Inputs[0];
        var permutation = ((Transpose)group.Result.Op).Permutation;
        var draft = new KernelDraft(group);
        var (from, to) = (draft.Input(source), draft.Output(group.Result));
        int lanes = Machine.Lanes(source.Element), rank = from.Rank;
        // Along the result's axis `row` the source's elements follow one another; along its last axis the result's do.
        int row = Enumerable.Range(0, rank).First(axis => permutation[axis] == rank - 1);
        int[] outer = [.. Enumerable.Range(0, rank - 1).Where(axis => axis != row)];
        long[] extents = [.. outer.Select(axis => to.Shape[axis]), ContractionConfig.DivideUp(to.Shape[row], lanes)];

        Stmt Tiles(Expr number)
        {
            var at = FlatIndex.Unravel(number, extents);
            var index = new Expr[rank];
            foreach (var (axis, value) in outer.Zip(at))
                index[axis] = value;
            return draft.Let([Build.Min(at[^1] * lanes, to.Shape[row] - lanes)], first =>
                draft.Loop(ContractionConfig.DivideUp(to.Shape[^1], lanes), tile => draft.Let([Build.Min(tile * lanes, to.Shape[^1] - lanes)], column =>
                {
                    var lines = Enumerable.Range(0, lanes).Select(line =>
                    {
                        var place = new Expr[rank];
                        for (int axis = 0; axis < rank; axis++)
                            place[permutation[axis]] = axis == row ? Build.Lane(first[0], lanes) : axis == rank - 1 ? column[0] + line : index[axis];
                        return (Expr)from[place];
                    });
                    return draft.Let(lines, rows => Shuffling.Transpose(draft, rows, turned => Stmt.Sequence(turned.Select((value, line) =>
                        to.Store(index.Select((e, axis) => axis == row ? first[0] + line : axis == rank - 1 ? Build.Lane(column[0], lanes) : e), value)))));
                })));
        }

        int threads = from.ElementCount < ParallelElements ? 1 : Machine.Threads;
        return draft.Finish(Labels.Of(group, Materialized), draft.ParallelLoop(extents.Aggregate(1L, (a, b) => a * b), threads, Tiles));
    }
}
