using Lathe.Compilation.Memory;
using Lathe.Compilation.Tuning;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Compilation.Scheduling;

/// <summary>Turns a graph of primitives into a program: groups, a schedule and a kernel for each, and a place in memory for every buffer.</summary>
/// <param name="exact">Layers are computed as they are defined, from weights as they are.</param>
/// <param name="choices">Schedules that measured faster than the default; null for none.</param>
internal sealed class GraphLowering(MachineFacts machine, bool exact = false, ScheduleChoices? choices = null)
{
    public LoweredProgram Lower(Graph graph)
    {
        var grouped = GroupedGraph.Of(graph, machine, exact);
        var (_, materialized, generators) = grouped;
        int tuned = 0;
        Schedule ScheduleOf(Group group)
        {
            if (choices?.Find(group, materialized, generators) is not { } faster)
                return generators.Default(group);
            Interlocked.Increment(ref tuned);
            return faster;
        }
        var program = Assemble(graph, grouped, group => WithWork(group, generators.Lower(group, ScheduleOf(group)), materialized));
        return program with { TunedSteps = tuned };
    }

    /// <summary>The program of kernels that <paramref name="lower"/> makes, of several groups at once.</summary>
    public static LoweredProgram Assemble(Graph graph, GroupedGraph grouped, Func<Group, LoweredKernel> lower)
    {
        LoweredKernel Lowered(GraphStep step) => step switch
        {
            GraphStep.Compute { Group: var group } => lower(group),
            GraphStep.Copy copy => CopyKernel.Of(copy.Label, copy.Type, copy.From, copy.To),
            _ => throw new InvalidOperationException($"{step}"),
        };
        var views = new Views(graph, grouped.Order);
        return new ProgramAssembly(graph, views).Assemble([.. InParallel.Map(grouped.Order.Steps, Lowered), .. views.Copies()], grouped.Order.Loops);
    }

    private static LoweredKernel WithWork(Group group, LoweredKernel kernel, IReadOnlySet<Value> materialized) =>
        kernel with { Work = KernelWork.Of(kernel, group, materialized) };
}
