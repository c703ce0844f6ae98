using Lathe.Compilation.Kernels;
using Lathe.Compilation.Memory;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Compilation.Scheduling;

/// <summary>Turns a graph of primitives into a program: groups, kernels, and a place in memory for every buffer.</summary>
/// <param name="exactConvolutions">Convolutions are summed up as they are defined, not by Winograd's method.</param>
internal sealed class GraphLowering(MachineFacts machine, bool exactConvolutions = false)
{
    public LoweredProgram Lower(Graph graph)
    {
        var (groups, materialized) = GroupFormation.Of(graph);
        var kernels = groups.Select(g => WithWork(g, LowerGroup(g, materialized), materialized)).ToList();
        var views = new Views(graph, materialized);
        kernels.AddRange(views.Copies().Select(c => c with { Work = new(0, KernelWork.Bytes(c, [])) }));
        return new ProgramAssembly(graph, views).Assemble(kernels);
    }

    private static LoweredKernel WithWork(Group group, LoweredKernel kernel, IReadOnlySet<Value> materialized) =>
        kernel with { Work = KernelWork.Of(kernel, GroupNodes.Of(group, materialized)) };

    private LoweredKernel LowerGroup(Group group, IReadOnlySet<Value> materialized)
    {
        if (DepthwiseKernels.Takes(group))
            return new DepthwiseKernels(machine, materialized).Lower(group);
        if (!exactConvolutions && new WinogradKernels(machine, materialized) is var winograd && winograd.Takes(group))
            return winograd.Lower(group);
        return ContractionKernels.Takes(group)
            ? new ContractionKernels(machine, materialized).Lower(group)
            : new GenericKernels(machine, materialized).Lower(group);
    }
}
