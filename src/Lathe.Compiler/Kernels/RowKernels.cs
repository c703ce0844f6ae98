using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// The generator for rows: softmax, normalizations, and whatever else reduces rows and meets them again. A row is passed over once for each reduction that
/// follows from another and once to store; it stays in the first-level cache, or in registers where it is short. Vectors run along
/// the row, and rows run in parallel.
/// </summary>
internal sealed class RowKernels(MachineFacts machine, IReadOnlySet<Value> materialized) : KernelGenerator(machine, materialized)
{
    /// <summary>Below so many operations a kernel runs on one thread: waking others takes longer.</summary>
    private const long ParallelWork = 64 << 10;

    public override string Name => "rows";

    public override bool Takes(Group group) => group.Rows is not null;

    public override Schedule Default(Group group)
    {
        var (plan, space) = (RowPlan.Of(group, Materialized), group.Rows!);
        var config = RowConfig.For(plan, space, ContractionConfig.DivideUp(space.Rows, Threads(space, plan) * 4L), Machine);
        return With(config.Rows, config.Vectors);
    }

    public override IEnumerable<Schedule> Space(Group group)
    {
        var (usual, space) = (Default(group), group.Rows!);
        long most = Math.Min(space.Rows, Machine.L2Bytes / 4 / (space.Length * group.Result.Element.Size));
        return new[] { 1L, 2, 4, 8, 16 }.Where(r => r <= most).SelectMany(rows => new[] { 1L, 2, 4, 8, 16, 32 }.Where(v => v <= Vectors(group)).Select(v => With(rows, v)))
            .Append(usual).Distinct();
    }

    public override LoweredKernel Lower(Group group, Schedule schedule)
    {
        var space = group.Rows!;
        var plan = RowPlan.Of(group, Materialized);
        long[] outer = Outer(group, plan);
        long rows = schedule["rows"];
        var draft = new KernelDraft(group, value => View(group, outer, value));
        var writer = new RowWriter(draft, plan, space.Length, Machine.Lanes(group.Result.Element), rows, (int)schedule["vectors"]);
        var target = new Destination(draft, group, Machine);

        var body = draft.ParallelLoop(ContractionConfig.DivideUp(space.Rows, rows), Threads(space, plan), block => writer.Write(
            block * rows, Build.Min((block + 1) * rows, space.Rows), row => FlatIndex.Unravel(row, outer), (_, index, place, value) => target.Store([.. index, place], value)));
        return draft.Finish(Labels.Of(group, Materialized), target.InHalo(body));
    }

    private int Threads(RowSpace space, RowPlan plan) => space.Rows * space.Length * plan.Work < ParallelWork ? 1 : Machine.Threads;

    private long Vectors(Group group) => Math.Max(1, group.Rows!.Length / Machine.Lanes(group.Result.Element));

    private Schedule With(long rows, long vectors) => new(Name, [new("rows", rows), new("vectors", vectors)]);

    /// <summary>The outer axes as loops see them: one where all that is read varies along all of them or none.</summary>
    private static long[] Outer(Group group, RowPlan plan)
    {
        var space = group.Rows!;
        bool one = group.Halo is null && plan.Nodes.SelectMany(n => n.Inputs).Where(v => !plan.IsInside(v)).All(v =>
            space.View(v)!.SkipLast(1).Where((d, axis) => space.Outer[axis] != 1).Select(d => d == 1).Distinct().Count() < 2);
        return one ? [space.Rows] : [.. space.Outer];
    }

    /// <summary>A value as the outer axes and one axis along the row, each of extent 1 where the value does not vary.</summary>
    private static long[] View(Group group, long[] outer, Value value)
    {
        if (group.Halo is not null && value == group.Result)
            return value.Shape.ToArray();
        var space = group.Rows!;
        // A result without its reduced axes still has an element for each row.
        long[] view = value == group.Inner && !space.IsFull(value) ? [.. space.Outer, 1] : space.View(value)!;
        if (outer.Length == space.Outer.Count)
            return view;
        return [view.SkipLast(1).Aggregate(1L, (a, b) => a * b), view[^1]];
    }
}
