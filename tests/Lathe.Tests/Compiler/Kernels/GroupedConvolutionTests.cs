using Lathe.Compilation;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using Lathe.Tests.Graphs;
using Lathe.Tests.Targets.Llvm;

namespace Lathe.Tests.Compilation.Kernels;

/// <summary>Convolutions of groups of 2 to 8 channels, of which a vector holds several, give what the evaluator gives in double precision.</summary>
public class GroupedConvolutionTests
{
    private const double Tolerance = 2e-5;

    private static readonly MachineFacts[] Machines = [new(16, 16, 2, 4 << 10, 32 << 10), new(32, 16, 1, 32 << 10, 256 << 10), new(64, 32, 3, 48 << 10, 1 << 20)];

    [Fact]
    public void Bounds_checked_kernels_give_the_evaluated_values()
    {
        for (int seed = 0; seed < 36; seed++)
            Compiled.AssertEvaluated(Model(seed), seed, Tolerance, (graph, inputs) => Compiled.Run(graph, inputs, Machines[seed % Machines.Length]));
    }

    [LlvmFact]
    public void Native_kernels_give_the_evaluated_values()
    {
        for (int seed = 100; seed < 112; seed++)
            Compiled.AssertEvaluated(Model(seed), seed, Tolerance, (graph, inputs) => Compiled.Run(graph, inputs, Compiled.Native, 1 + (seed % 2)));
    }

    [Fact]
    public void All_schedules_give_the_evaluated_values()
    {
        var graph = Model(channels: 24, group: 4, kernel: 3, stride: 1, random: new Random(5));
        var schedules = Schedules(graph, Machines[1]).Where((_, i) => i % 3 == 0).ToList();
        Assert.True(schedules.Count > 5);
        foreach (var schedule in schedules)
            Compiled.AssertEvaluated(graph, 5, Tolerance, (g, inputs) => Compiled.Run(g, inputs, Machines[1], group => group.Anchor is null ? null : schedule));
    }

    [Theory]
    [InlineData(4, 64, "windows")]
    [InlineData(8, 64, "windows")]
    [InlineData(16, 64, "direct")]
    [InlineData(4, 16, "direct")]
    public void Vectors_hold_two_groups_at_least(long group, int vectorBytes, string generator) =>
        Assert.Equal(generator, Schedules(Model(32, group, 3, 1, new Random(1)), new(vectorBytes, 32, 1, 48 << 10, 1 << 20))[0].Generator);

    /// <summary>The convolution's schedules, the default first.</summary>
    private static List<Schedule> Schedules(Graph graph, MachineFacts machine)
    {
        var grouped = GroupedGraph.Of(new Compiler(new(Compiled.Managed, 1), new()).Optimize(graph), machine, exact: false);
        var group = Assert.Single(grouped.Groups, g => g.Anchor is { Op: Conv });
        return [grouped.Generators.Default(group), .. grouped.Generators.Space(group).Where(s => s.Generator == "windows")];
    }

    private static Graph Model(int seed)
    {
        var random = new Random(seed);
        long group = 2L << random.Next(3);
        return Model(group * random.Next(2, 9), group, random.Next(1, 4), random.Next(1, 3), random);
    }

    private static Graph Model(long channels, long group, long kernel, long stride, Random random)
    {
        var b = new GraphBuilder();
        var x = b.Input("x", new(DType.Float32, Shape.Of(random.Next(1, 3), random.Next(4, 14), random.Next(4, 14), channels)));
        double size = 1 / Math.Sqrt(group * kernel * kernel);
        var window = Window.Of(kernel, kernel) with { Strides = [stride, stride], PadsBefore = [kernel / 2, kernel / 2], PadsAfter = [kernel / 2, kernel / 2] };
        var conv = b.Add(new Conv(window, channels / group, Layout.ChannelsLast), x, b.Constant(RandomTensors.Of(random, DType.Float32, [kernel, kernel, group, channels], -size, size)));
        return new Graph("grouped", [x], [new("y", b.Add(new Relu(), b.Add(new Add(), conv, b.Constant(RandomTensors.Of(random, DType.Float32, [channels], -1, 1)))))]);
    }
}
