using Lathe.Compilation;
using Lathe.Compilation.Bundles;
using Lathe.Compilation.Diagnostics;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Loops.Managed;
using Lathe.Runtime;
using Lathe.Targets.Llvm;
using Lathe.Tensors;
using Lathe.Tests.Graphs;

namespace Lathe.Tests.Runtime;

/// <summary>A small model with two inputs, two outputs, constants of odd sizes, and expected outputs.</summary>
internal static class SampleModel
{
    public static Graph Graph { get; } = Make();

    public static Dictionary<string, Tensor> Inputs(int seed = 1)
    {
        var random = new Random(seed);
        return new()
        {
            ["x"] = RandomTensors.Of(random, DType.Float32, [64, 33], -0.5, 0.5),
            ["shift"] = RandomTensors.Of(random, DType.Float32, [64, 1], -0.5, 0.5),
        };
    }

    public static IReadOnlyList<Tensor> Expected(Dictionary<string, Tensor> inputs) =>
        Outputs(new GraphEvaluator().Run(Graph, inputs));

    private static IReadOnlyList<Tensor> Outputs(IReadOnlyDictionary<string, Tensor> outputs) => [outputs["y"], outputs["sums"]];

    public static void AssertExpected(IReadOnlyDictionary<string, Tensor> outputs, Dictionary<string, Tensor> inputs)
    {
        var expected = Expected(inputs);
        Assert.Equal(["y", "sums"], outputs.Keys);
        TensorAssert(expected[0], outputs["y"]);
        TensorAssert(expected[1], outputs["sums"]);
    }

    public static LoweredProgram Lower(Target target) =>
        new Compiler(new Lathe.Compilation.CompileOptions(target, 2), new PassLog()).Compile(Graph);

    public static Model Managed()
    {
        var lowered = Lower(new Target.Managed());
        return new Model(
            ProgramInfo.Of(lowered.Program, new Target.Managed(), ""), new ManagedCode(ManagedProgram.Compile(lowered.Program)),
            ParameterMemory.Of(lowered.Parameters, lowered.Program.ParameterBytes));
    }

    public static Model Jit()
    {
        var target = new Target.Llvm(LlvmTarget.Host);
        var lowered = Lower(target);
        var jit = new JitModule(LlvmCompiler.Compile(lowered.Program, target.Code));
        return new Model(
            ProgramInfo.Of(lowered.Program, target, ""), new NativeCode(jit.Address("lathe_run_steps"), jit),
            ParameterMemory.Of(lowered.Parameters, lowered.Program.ParameterBytes));
    }

    public static LoweredProgram WriteBundle(string path, string target = "native") => WriteBundle(path, Graph, target);

    public static LoweredProgram WriteBundle(string path, Graph graph, string target)
    {
        var code = LlvmTarget.Parse(target);
        var lowered = new Compiler(new Lathe.Compilation.CompileOptions(new Target.Llvm(code), 2), new PassLog()).Compile(graph);
        BundleWriter.Write(path, lowered, Linker.Link(LlvmCompiler.Compile(lowered.Program, code), code), Linker.FileName(code), code.ToString(), "0123");
        return lowered;
    }

    private static void TensorAssert(Tensor expected, Tensor actual)
    {
        var comparison = TensorComparison.Of(actual, expected, 1e-5, 1e-5);
        Assert.True(comparison.Matches, $"{comparison}");
    }

    private static Graph Make()
    {
        var (random, builder) = (new Random(5), new GraphBuilder());
        Value Weights(params long[] shape) => builder.Constant(RandomTensors.Of(random, DType.Float32, shape, -1, 1));
        var x = builder.Input("x", new TensorType(DType.Float32, Shape.Of(64, 33)));
        var shift = builder.Input("shift", new TensorType(DType.Float32, Shape.Of(64, 1)));
        var hidden = builder.Add(new Relu(), builder.Add(new Add(), builder.Add(new MatMul(), x, Weights(33, 70)), Weights(70)));
        var y = builder.Add(new Add(), builder.Add(new MatMul(), hidden, Weights(70, 17)), shift);
        var sums = builder.Add(new ReduceSum([1], false), y);
        return new Graph("sample", [x, shift], [new("y", y), new("sums", sums)]);
    }

}
