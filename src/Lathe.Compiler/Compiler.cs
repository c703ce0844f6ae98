using Lathe.Compilation.Diagnostics;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Loops;
using Lathe.Loops.Managed;
using Lathe.Runtime;
using Lathe.Targets.Llvm;
using Lathe.Tensors;

namespace Lathe.Compilation;

/// <summary>
/// The road of a model: graph passes, grouping into kernels, loops, a place in memory for everything, code.
/// </summary>
public sealed class Compiler(CompileOptions options, PassLog log)
{
    private const long MaxBytes = 1L << 45;

    /// <summary>
    /// Compiles a model and makes it ready to run in this process. Extents must be known; throws a <see cref="ModelException"/> where one is a
    /// symbol, or the target is another machine's.
    /// </summary>
    public Model Load(Graph model, string sourceHash = "") => Load(Compile(model), sourceHash);

    /// <summary>Makes code of a program that <see cref="Lower"/> gave, ready to run in this process.</summary>
    /// <param name="known">Code of programs before, which is taken where kernels are the same.</param>
    internal Model Load(LoweredProgram program, string sourceHash = "", ObjectCache? known = null)
    {
        var parameters = Task.Run(() => ParameterMemory.Of(program.Parameters, program.Program.ParameterBytes));
        try
        {
            var code = log.Time("GenerateCode", () => CodeOf(program.Program, options.Target, known: known));
            return new Model(ProgramInfo.Of(program.Program, options.Target, sourceHash), code, parameters.GetAwaiter().GetResult());
        }
        catch
        {
            parameters.ContinueWith(t => t.Result.Dispose(), TaskContinuationOptions.OnlyOnRanToCompletion);
            throw;
        }
    }

    /// <summary>The program that targets make code of, and its parameters. Extents must be known, as for <see cref="Load"/>.</summary>
    public LoweredProgram Compile(Graph model) => Lower(Optimize(model));

    /// <summary>The program of a graph that <see cref="Optimize"/> gave.</summary>
    public LoweredProgram Lower(Graph graph)
    {
        CheckSizes(graph);
        var program = log.Time("MakeKernels", () => new GraphLowering(options.Target.Machine(options.ThreadsToUse), options.Exact, options.Choices).Lower(graph));
        var prepared = log.Time("PrepareLoops", () => LoopPipeline.Run(program, options.Target));
        log.Dump("program", prepared.Program);
        return prepared;
    }

    /// <summary>The graph as kernels are made from it.</summary>
    public Graph Optimize(Graph model)
    {
        var graph = model;
        log.Dump("import", graph);
        foreach (var pass in Pipelines.ForKernels(options.Target.Machine(options.ThreadsToUse)))
            graph = log.Run(pass, graph);
        return graph;
    }

    /// <summary>No machine has as much memory, and kernels count bytes in 64 bits.</summary>
    private static void CheckSizes(Graph graph)
    {
        foreach (var value in graph.Nodes.SelectMany(n => n.Outputs).Where(v => v.Shape.IsKnown))
            if (value.Shape.ElementCount > MaxBytes / value.Element.Size)
                throw new ModelException("LATHE5110", $"a value {value.Type} is larger than {MaxBytes >> 40} TB", "check the extents and attributes of the model's nodes, and the input shapes");
    }

    /// <summary>Code that runs in this process, compiled on as many threads, 0 for one a processor.</summary>
    internal static ModelCode CodeOf(Program program, Target machine, int threads = 0, ObjectCache? known = null)
    {
        if (machine is not Target.Llvm { Code: var target })
            return new ManagedCode(ManagedProgram.Compile(program));
        if (!target.IsHost)
            throw new ModelException("LATHE5106", $"code for {target} does not run on this machine", "compile it to a bundle with -o and run that where it belongs");
        var objects = LlvmCompiler.Compile(program, target, threads, known);
        if (NativeCode.KeptIn is not null && target.HasLinker)
            return NativeCode.Load(Linker.Link(objects, target), program.Name);
        var jit = new JitModule(objects);
        return new NativeCode(jit.Address("lathe_run_steps"), jit);
    }
}
