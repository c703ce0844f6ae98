using Lathe.Compilation;
using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using Lathe.Tests.Targets.Llvm;

namespace Lathe.Tests.Compilation;

/// <summary>Depthwise convolutions of integers, which have no fused multiply-add, as quantized models need them.</summary>
public class IntegerDepthwiseTests
{
    [Fact]
    public void Managed_code_gives_exact_sums() => GivesExactSums(Compiled.Managed);

    [LlvmFact]
    public void Native_code_gives_exact_sums() => GivesExactSums(Compiled.Native);

    private static void GivesExactSums(Target target)
    {
        var b = new GraphBuilder();
        var x = b.Input("x", new(DType.Int32, Shape.Of(1, 32, 9, 9)));
        var weights = b.Constant(Graphs.RandomTensors.Of(new Random(3), DType.Int32, [32, 1, 3, 3]));
        var window = new Window([3, 3], [1, 1], [1, 1], [1, 1], [1, 1]);
        var graph = new Graph("depthwise", [x], [new GraphOutput("y", b.Add(new Conv(window, 32, Layout.ChannelsFirst), x, weights))]);
        var inputs = Compiled.RandomInputs(graph, 4);
        Compiled.AssertClose(new GraphEvaluator().Run(graph, inputs), Compiled.Run(graph, inputs, target), rtol: 0, atol: 0);
    }
}
