using Lathe.Compilation.Memory;
using Lathe.Compilation.Tuning;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Compilation.Scheduling;

/// <summary>Turns a graph of primitives into a program: groups, a schedule and a kernel for each, and a place in memory for every buffer.</summary>
/// <param name="exactConvolutions">Convolutions are summed up as they are defined, not by Winograd's method.</param>
/// <param name="choices">Schedules that measured faster than the default; null for none.</param>
internal sealed class GraphLowering(MachineFacts machine, bool exactConvolutions = false, ScheduleChoices? choices = null)
{
    public LoweredProgram Lower(Graph graph)
    {
        var (groups, materialized, generators) = GroupedGraph.Of(graph, machine, exactConvolutions);
        int tuned = 0;
        Schedule ScheduleOf(Group group)
        {
            if (choices?.Find(group, materialized, generators) is not { } faster)
                return generators.Default(group);
            tuned++;
            return faster;
        }
        var kernels = groups.Select(g => WithWork(g, generators.Lower(g, ScheduleOf(g)), materialized)).ToList();
        var views = new Views(graph, materialized);
        kernels.AddRange(views.Copies().Select(c => c with { Work = new(0, KernelWork.Bytes(c, [])) }));
        return new ProgramAssembly(graph, views).Assemble(kernels) with { TunedSteps = tuned };
    }

    private static LoweredKernel WithWork(Group group, LoweredKernel kernel, IReadOnlySet<Value> materialized) =>
        kernel with { Work = KernelWork.Of(kernel, GroupNodes.Of(group, materialized)) };
}
