using Lathe.Compilation.Kernels;
using Lathe.Compilation.Memory;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Compilation.Scheduling;

/// <summary>Turns a graph of primitives into a program: groups, kernels, and a place in memory for every buffer.</summary>
internal sealed class GraphLowering(MachineFacts machine)
{
    public LoweredProgram Lower(Graph graph)
    {
        var (groups, materialized) = GroupFormation.Of(graph);
        var kernels = groups.Select(g => LowerGroup(g, materialized)).ToList();
        var views = new Views(graph, materialized);
        kernels.AddRange(views.Copies());
        return new ProgramAssembly(graph, views).Assemble(kernels);
    }

    private LoweredKernel LowerGroup(Group group, IReadOnlySet<Value> materialized)
    {
        if (DepthwiseKernels.Takes(group))
            return new DepthwiseKernels(machine, materialized).Lower(group);
        return ContractionKernels.Takes(group)
            ? new ContractionKernels(machine, materialized).Lower(group)
            : new GenericKernels(machine, materialized).Lower(group);
    }
}
