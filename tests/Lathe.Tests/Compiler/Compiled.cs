using Lathe.Compilation;
using Lathe.Compilation.Diagnostics;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Loops.Managed;
using Lathe.Runtime;
using Lathe.Targets.Llvm;
using Lathe.Tensors;
using CompileOptions = Lathe.Compilation.CompileOptions;

namespace Lathe.Tests.Compilation;

/// <summary>Runs graphs by compiled code and compares the results with the evaluator's.</summary>
internal static class Compiled
{
    public static Target Managed { get; } = new Target.Managed();

    public static Target Native => new Target.Llvm(LlvmTarget.Host);

    /// <summary>Managed code whose loads and stores check their bounds, or native code.</summary>
    public static IReadOnlyDictionary<string, Tensor> Run(Graph graph, IReadOnlyDictionary<string, Tensor> inputs, Target target, int threads = 1)
    {
        using var model = Load(graph, new CompileOptions(target, threads));
        using var session = new Session(model, threads);
        return session.Run(inputs);
    }

    /// <summary>Kernels for a machine that may differ from this one, run by bounds-checked managed code.</summary>
    public static IReadOnlyDictionary<string, Tensor> Run(Graph graph, IReadOnlyDictionary<string, Tensor> inputs, MachineFacts machine)
    {
        var compiler = new Compiler(new CompileOptions(Managed, machine.Threads), new PassLog());
        var lowered = new GraphLowering(machine).Lower(compiler.Optimize(graph));
        using var model = LoadManaged(LoopPipeline.Run(lowered, Managed));
        using var session = new Session(model, machine.Threads);
        return session.Run(inputs);
    }

    /// <summary>The same with schedules that are not the default where <paramref name="choose"/> gives one.</summary>
    public static IReadOnlyDictionary<string, Tensor> Run(
        Graph graph, IReadOnlyDictionary<string, Tensor> inputs, MachineFacts machine, Func<Group, Schedule?> choose)
    {
        using var model = LoadManaged(LoopPipeline.Run(Lower(graph, machine, choose), Managed));
        using var session = new Session(model, machine.Threads);
        return session.Run(inputs);
    }

    /// <summary>
    /// The same by managed code on one thread that runs the tasks of parallel loops from the first to the last, or from the last to the first: results that differ depend on which
    /// thread is faster.
    /// </summary>
    public static IReadOnlyDictionary<string, Tensor> RunInOrder(Graph graph, IReadOnlyDictionary<string, Tensor> inputs, MachineFacts machine, bool backwards, Func<Group, Schedule?>? choose = null)
    {
        var program = LoopPipeline.Run(Lower(graph, machine, choose ?? (_ => null)), Managed);
        using var model = new Model(
            ProgramInfo.Of(program.Program, Managed, ""), new OrderedCode(ManagedProgram.Compile(program.Program), backwards),
            ParameterMemory.Of(program.Parameters, program.Program.ParameterBytes));
        using var session = new Session(model, 1);
        return session.Run(inputs);
    }

    /// <summary>Inputs of a graph from a seeded generator: floats and signed integers around zero.</summary>
    public static Dictionary<string, Tensor> RandomInputs(Graph graph, int seed)
    {
        var random = new Random(seed);
        return graph.Inputs.ToDictionary(
            v => ((Input)v.Op).InputName,
            v => v.Element.IsFloat ? Graphs.RandomTensors.Of(random, v.Element, v.Shape.ToArray(), -1, 1) : Graphs.RandomTensors.Of(random, v.Element, v.Shape.ToArray()));
    }

    /// <summary>Asserts that all outputs are the evaluator's, by numpy.allclose's measure.</summary>
    public static void AssertClose(
        IReadOnlyDictionary<string, Tensor> expected, IReadOnlyDictionary<string, Tensor> actual, double rtol, double atol)
    {
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        foreach (var (name, tensor) in expected)
        {
            bool half = tensor.Type.IsHalf;
            var comparison = TensorComparison.Of(actual[name], tensor, half ? HalfTolerance(tensor.Type) : rtol, half ? HalfTolerance(tensor.Type) : atol);
            Assert.True(comparison.Matches, $"{name}: {comparison}{At(comparison, actual[name], tensor)}");
        }
    }

    /// <summary>Asserts that a random model gives on random inputs what the evaluator gives in double precision.</summary>
    /// <param name="run">Runs the model on its inputs.</param>
    public static void AssertEvaluated(
        Graph graph, int seed, double tolerance, Func<Graph, IReadOnlyDictionary<string, Tensor>, IReadOnlyDictionary<string, Tensor>> run)
    {
        var inputs = RandomInputs(graph, seed);
        try
        {
            AssertClose(Exact(graph, inputs), run(graph, inputs), tolerance, tolerance);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"seed {seed}\n{GraphText.Print(graph)}\n{e.Message}", e);
        }
    }

    /// <summary>Evaluates in double precision, so that differences are the compiled code's own rounding.</summary>
    public static IReadOnlyDictionary<string, Tensor> Exact(Graph graph, IReadOnlyDictionary<string, Tensor> inputs) =>
        new GraphEvaluator(doublePrecision: true).Run(graph, inputs);

    public static Model Load(Graph graph, CompileOptions options)
    {
        var compiler = new Compiler(options, new PassLog());
        return options.Target is Target.Managed ? LoadManaged(compiler.Compile(graph)) : compiler.Load(graph);
    }

    /// <summary>Bounds-checked managed code.</summary>
    public static Model LoadManaged(LoweredProgram program) => new(
        ProgramInfo.Of(program.Program, Managed, ""),
        new ManagedCode(ManagedProgram.Compile(program.Program, boundsChecked: true)),
        ParameterMemory.Of(program.Parameters, program.Program.ParameterBytes));

    private static LoweredProgram Lower(Graph graph, MachineFacts machine, Func<Group, Schedule?> choose)
    {
        var optimized = new Compiler(new CompileOptions(Managed, machine.Threads), new PassLog()).Optimize(graph);
        var grouped = GroupedGraph.Of(optimized, machine, exact: false);
        return GraphLowering.Assemble(optimized, grouped, g => grouped.Generators.Lower(g, choose(g) ?? grouped.Generators.Default(g)));
    }

    /// <summary>Two units in the last place: compiled code keeps f32 between ops where the evaluator rounds each to half width.</summary>
    private static double HalfTolerance(DType type) => type == DType.Float16 ? 1.0 / 512 : 1.0 / 64;

    private static string At(TensorComparison comparison, Tensor actual, Tensor expected) => comparison.FirstMismatch < 0
        ? ""
        : $"; element {comparison.FirstMismatch} of {expected} is {actual.GetDouble(comparison.FirstMismatch)} and should be {expected.GetDouble(comparison.FirstMismatch)}";
}
