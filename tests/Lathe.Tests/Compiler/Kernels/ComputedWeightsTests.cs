using Lathe.Compilation;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using Lathe.Tests.Targets.Llvm;

namespace Lathe.Tests.Compilation.Kernels;

/// <summary>Convolutions whose weights are computed, as those that take squeeze-and-excitation's factors, give what the evaluator gives in double precision.</summary>
public class ComputedWeightsTests
{
    private const double Tolerance = 2e-5;

    private static readonly MachineFacts[] Machines = [new(0, 0, 1, 4 << 10, 32 << 10), new(32, 16, 2, 32 << 10, 256 << 10), new(64, 32, 1, 48 << 10, 1 << 20)];

    [Fact]
    public void Bounds_checked_kernels_give_the_evaluated_values()
    {
        for (int seed = 0; seed < 30; seed++)
            Compiled.AssertEvaluated(Model(seed), seed, Tolerance, (graph, inputs) => Compiled.Run(graph, inputs, Machines[seed % Machines.Length]));
    }

    [LlvmFact]
    public void Native_kernels_give_the_evaluated_values()
    {
        for (int seed = 100; seed < 110; seed++)
            Compiled.AssertEvaluated(Model(seed), seed, Tolerance, (graph, inputs) => Compiled.Run(graph, inputs, Compiled.Native, 1 + (seed % 2)));
    }

    [Fact]
    public void They_are_contractions()
    {
        var graph = new Compiler(new(Compiled.Managed, 1), new()).Optimize(Model(1));
        var grouped = GroupedGraph.Of(graph, Machines[2], exact: false);
        var group = Assert.Single(grouped.Groups, g => g.Anchor is { Op: Conv });
        Assert.Equal("direct", grouped.Generators.Default(group).Generator);
    }

    private static Graph Model(int seed)
    {
        var random = new Random(seed);
        long channels = random.Next(2, 40), columns = random.Next(1, 40), kernel = random.Next(3) == 0 ? 3 : 1, stride = random.Next(1, 3), pad = kernel / 2;
        var b = new GraphBuilder();
        var x = b.Input("x", new(DType.Float32, Shape.Of(random.Next(1, 3), random.Next(3, 14), random.Next(3, 14), channels)));
        var w = b.Input("w", new(DType.Float32, Shape.Of(kernel, kernel, channels, columns)));
        var window = Window.Of(kernel, kernel) with { Strides = [stride, stride], PadsBefore = [pad, pad], PadsAfter = [pad, pad] };
        var conv = b.Add(new Conv(window, 1, Layout.ChannelsLast), x, b.Add(new Mul(), w, b.Scalar(1 / Math.Sqrt(channels), DType.Float32)));
        return new Graph("computed", [x, w], [new("y", b.Add(new Relu(), conv))]);
    }
}
