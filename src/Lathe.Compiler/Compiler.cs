using Lathe.Compilation.Diagnostics;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;

namespace Lathe.Compilation;

/// <summary>
/// The road of a model: graph passes, grouping into kernels, loops, and a place in memory for everything. What targets do
/// with the program is theirs.
/// </summary>
public sealed class Compiler(CompileOptions options, PassLog log)
{
    public LoweredProgram Compile(Graph model)
    {
        var graph = Optimize(model);
        var program = new GraphLowering(options.Target.Machine(options.ThreadsToUse)).Lower(graph);
        var prepared = log.Time("PrepareLoops", () => LoopPipeline.Run(program, options.Target));
        log.Dump("program", prepared.Program);
        return prepared;
    }

    /// <summary>The graph as kernels are made from it.</summary>
    public Graph Optimize(Graph model)
    {
        var graph = model;
        log.Dump("import", graph);
        foreach (var pass in Pipelines.ForKernels())
            graph = log.Run(pass, graph);
        return graph;
    }
}
