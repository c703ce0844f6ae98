using Lathe.Compilation;
using Lathe.Compilation.Kernels;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using Lathe.Tests.Graphs;
using Lathe.Tests.Targets.Llvm;

namespace Lathe.Tests.Compilation.Kernels;

/// <summary>Convolutions of a few channels read pictures that lie by planes in place, and give what the evaluator gives in double precision.</summary>
public class PlaneTests
{
    private const double Tolerance = 1e-5;

    private static readonly MachineFacts[] Machines = [new(0, 0, 1, 32 << 10, 1 << 20), new(16, 16, 2, 32 << 10, 1 << 20), new(32, 16, 1, 8 << 10, 64 << 10), new(64, 32, 3, 32 << 10, 1 << 20)];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 24)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Pictures_by_planes_give_the_evaluated_values(int seed) =>
        Compiled.AssertEvaluated(Picture(new Random(seed)), seed, Tolerance, (graph, inputs) => Compiled.Run(graph, inputs, Machines[seed % Machines.Length]));

    [LlvmTheory]
    [InlineData(1)]
    [InlineData(2)]
    public void Native_code_gives_the_evaluated_values(int threads)
    {
        for (int seed = 100; seed < 108; seed++)
            Compiled.AssertEvaluated(Picture(new Random(seed)), seed, Tolerance, (graph, inputs) => Compiled.Run(graph, inputs, Compiled.Native, threads));
    }

    [Theory]
    [InlineData(3, 32, 0, 1)]
    [InlineData(3, 32, 1, 2)]
    [InlineData(3, 8, 0, 1)]
    [InlineData(5, 32, 0, 2)]
    public void Only_padding_is_a_kernel_of_its_own_where_channels_are_few(long channels, long columns, long pad, int kernels)
    {
        var b = new GraphBuilder();
        var x = b.Input("x", new(DType.Float32, Shape.Of(1, channels, 33, 29)));
        var window = Window.Of(3, 3) with { Strides = [2, 2], PadsBefore = [pad, pad], PadsAfter = [pad, pad] };
        var y = b.Add(new Conv(window, 1, Layout.ChannelsFirst), x, b.Constant(RandomTensors.Of(new Random(1), DType.Float32, [columns, channels, 3, 3], -1, 1)));
        y = b.Add(new Transpose([0, 2, 3, 1]), b.Add(new Relu(), y));
        var graph = new Compiler(new(Compiled.Managed, 1), new()).Optimize(new Graph("picture", [x], [new("y", y)]));

        Assert.Equal(kernels, GroupedGraph.Of(graph, Machines[^1], exact: false).Groups.Count);
    }

    /// <summary>A picture, perhaps scaled, that one or two convolutions of random windows read.</summary>
    private static Graph Picture(Random random)
    {
        int Between(int low, int high) => random.Next(low, high + 1);
        var b = new GraphBuilder();
        int rank = Between(0, 3) == 0 ? 1 : 2;
        long channels = Between(1, 5);
        long[] extents = [.. Enumerable.Range(0, rank).Select(_ => (long)Between(9, 26))];
        var x = b.Input("x", new(DType.Float32, Shape.Of([Between(1, 2), channels, .. extents])));
        var image = Between(0, 2) == 0 ? b.Add(new Mul(), x, b.Constant(RandomTensors.Of(random, DType.Float32, [channels, .. extents.Select(_ => 1L)], -1, 1))) : x;

        long[] Axes(int low, int high) => [.. Enumerable.Range(0, rank).Select(_ => (long)Between(low, high))];
        Value Convolution()
        {
            long[] kernel = Axes(1, 4), none = Axes(0, 0);
            bool pads = Between(0, 2) > 0;
            var window = new Window([.. kernel], [.. Axes(1, 3)], [.. pads ? Axes(0, 2) : none], [.. pads ? Axes(0, 2) : none], [.. Axes(1, 2)]);
            long columns = Between(0, 3) == 0 ? Between(1, 15) : Between(16, 70);
            var weights = b.Constant(RandomTensors.Of(random, DType.Float32, [columns, channels, .. kernel], -0.2, 0.2));
            var y = b.Add(new Conv(window, 1, Layout.ChannelsFirst), image, weights);
            return b.Add(new Relu(), b.Add(new Add(), y, b.Constant(RandomTensors.Of(random, DType.Float32, [columns, .. extents.Select(_ => 1L)], -1, 1))));
        }
        List<GraphOutput> outputs = [new("y", Convolution())];
        if (Between(0, 2) == 0)
            outputs.Add(new("z", Convolution()));
        return new Graph("picture", [x], outputs);
    }
}
