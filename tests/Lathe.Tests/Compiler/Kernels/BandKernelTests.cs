using Lathe.Compilation;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Runtime;
using Lathe.Tensors;
using Lathe.Tests.Graphs;
using Lathe.Tests.Targets.Llvm;

namespace Lathe.Tests.Compilation.Kernels;

/// <summary>
/// Random chains of expand, depthwise and project convolutions, and of first layers and pools, give what the evaluator gives in double precision, for all the
/// ways in which they are joined and cut into bands. The second-level caches are small, so that images of a few kilobytes count as too large for them.
/// </summary>
public class BandKernelTests
{
    private const double Tolerance = 2e-5;

    private static readonly MachineFacts[] Machines =
    [
        new(0, 0, 1, 4 << 10, 32 << 10), new(16, 16, 2, 4 << 10, 32 << 10), new(32, 16, 3, 4 << 10, 32 << 10), new(64, 32, 1, 4 << 10, 32 << 10),
        new(64, 32, 5, 4 << 10, 32 << 10),
    ];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 24)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Chains_give_the_evaluated_values(int seed)
    {
        var graph = Chain(new Random(seed));
        var inputs = Compiled.RandomInputs(graph, seed);

        Compiled.AssertClose(Compiled.Exact(graph, inputs), Compiled.Run(graph, inputs, Machines[seed % Machines.Length]), Tolerance, Tolerance);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void First_layers_give_the_evaluated_values(int seed)
    {
        var graph = FirstLayers(new Random(seed));
        var inputs = Compiled.RandomInputs(graph, seed);

        Compiled.AssertClose(Compiled.Exact(graph, inputs), Compiled.Run(graph, inputs, Machines[seed % Machines.Length]), Tolerance, Tolerance);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void All_schedules_give_the_evaluated_values(int threads)
    {
        var random = new Random(7);
        var builder = new GraphBuilder();
        var x = builder.Input("x", new(DType.Float32, Shape.Of(2, 20, 18, 5)));
        var graph = new Graph("residual", [x], [new("y", Residual(builder, random, x, expand: 37, kernel: 3, stride: 1, outputs: 5, useExpand: true, useProject: true))]);
        var inputs = Compiled.RandomInputs(graph, 7);
        var expected = Compiled.Exact(graph, inputs);
        var machine = new MachineFacts(32, 16, threads, 4 << 10, 64 << 10);
        var prepared = new Compiler(new(Compiled.Managed, 1), new()).Optimize(graph);
        var grouped = GroupedGraph.Of(prepared, machine, exact: false);
        var (groups, materialized, generators) = grouped;
        var group = Assert.Single(groups);
        var schedules = generators.Space(group).ToList();

        Assert.Contains(generators.Default(group), schedules);
        Assert.True(schedules.Count > 10);
        foreach (var schedule in schedules.Where((_, i) => i % 3 == 0))
        {
            var program = new ProgramAssembly(prepared, new Views(prepared, grouped.Order)).Assemble([generators.Lower(group, schedule)], []);
            using var model = Compiled.LoadManaged(LoopPipeline.Run(program, Compiled.Managed));
            using var session = new Session(model, threads);
            var comparison = TensorComparison.Of(session.Run(inputs)["y"], expected["y"], Tolerance, Tolerance);
            Assert.True(comparison.Matches, $"{schedule}: {comparison}");
        }
    }

    [LlvmFact]
    public void Native_chains_give_the_evaluated_values()
    {
        for (int seed = 100; seed < 106; seed++)
        {
            var random = new Random(seed);
            var builder = new GraphBuilder();
            var x = builder.Input("x", new(DType.Float32, Shape.Of(1, 56, 57, 24)));
            int stride = random.Next(1, 3);
            var graph = new Graph("residual", [x], [new("y", Residual(builder, random, x, 72, random.Next(2) == 0 ? 3 : 5, stride, 24, seed % 3 != 0, seed % 3 != 1))]);
            var inputs = Compiled.RandomInputs(graph, seed);

            Compiled.AssertClose(Compiled.Exact(graph, inputs), Compiled.Run(graph, inputs, Compiled.Native, 1 + (seed % 2)), Tolerance, Tolerance);
        }
    }

    [LlvmFact]
    public void Native_first_layers_give_the_evaluated_values()
    {
        for (int seed = 100; seed < 108; seed++)
        {
            var graph = FirstLayers(new Random(seed), size: 150);
            var inputs = Compiled.RandomInputs(graph, seed);

            Compiled.AssertClose(Compiled.Exact(graph, inputs), Compiled.Run(graph, inputs, Compiled.Native, 1 + (seed % 2)), Tolerance, Tolerance);
        }
    }

    [Fact]
    public void An_inverted_residual_is_one_kernel_where_its_image_is_larger_than_the_cache()
    {
        Assert.Single(GroupsOf(l2Bytes: 256 << 10));
        Assert.Equal(3, GroupsOf(l2Bytes: 4 << 20).Count);
    }

    [Theory]
    [InlineData(2, 112)]
    [InlineData(2, 56)]
    [InlineData(4, 112)]
    public void Steps_divide_the_rows_of_a_band(int threads, long size)
    {
        var schedule = DefaultOf(size, inputs: 24, expand: 72, stride: 2, new(64, 32, threads, 32 << 10, 256 << 10));

        long rows = size / 2 / schedule["bands"];
        Assert.Equal(0, size / 2 % schedule["bands"]);
        Assert.Equal(0, rows % schedule["rows"]);
    }

    [Theory]
    [InlineData(48, 3)]
    [InlineData(144, 1)]
    public void A_chain_is_joined_by_steps_of_fewer_rows_where_more_do_not_fit(long expand, int rows) =>
        Assert.Equal(rows, DefaultOf(size: 150, inputs: 24, expand, stride: 2, new(64, 32, 1, 32 << 10, 1 << 20))["rows"]);

    [Fact]
    public void Most_of_the_first_layers_are_joined() =>
        Assert.True(Enumerable.Range(0, 24).Count(seed => JoinedOf(FirstLayers(new Random(seed)), Machines[seed % Machines.Length]).Any(g => g.Producer is not null)) > 12);

    [Fact]
    public void Most_of_the_random_chains_are_joined() =>
        Assert.True(Enumerable.Range(0, 24).Count(seed => JoinedOf(Chain(new Random(seed)), Machines[seed % Machines.Length]).Any(g => g.Producer is not null)) > 12);

    private static IReadOnlyList<Group> GroupsOf(long l2Bytes)
    {
        var builder = new GraphBuilder();
        var x = builder.Input("x", new(DType.Float32, Shape.Of(1, 56, 56, 8)));
        var graph = new Graph("residual", [x], [new("y", Residual(builder, new Random(1), x, 32, 3, 1, 8, true, true))]);
        var machine = new MachineFacts(64, 32, 1, 32 << 10, l2Bytes);
        return JoinedOf(graph, machine);
    }

    /// <summary>The default of an inverted residual, which is one group.</summary>
    private static Schedule DefaultOf(long size, long inputs, long expand, long stride, MachineFacts machine)
    {
        var builder = new GraphBuilder();
        var x = builder.Input("x", new(DType.Float32, Shape.Of(1, size, size, inputs)));
        var graph = new Graph("residual", [x], [new("y", Residual(builder, new Random(1), x, expand, 3, stride, 32, true, true))]);
        var prepared = new Compiler(new(Compiled.Managed, 1), new()).Optimize(graph);
        var grouped = GroupedGraph.Of(prepared, machine, exact: false);
        return grouped.Generators.Default(Assert.Single(grouped.Groups));
    }

    private static IReadOnlyList<Group> JoinedOf(Graph graph, MachineFacts machine)
    {
        var prepared = new Compiler(new(Compiled.Managed, 1), new()).Optimize(graph);
        return GroupedGraph.Of(prepared, machine, exact: false).Groups;
    }

    /// <summary>One or two blocks of random shapes.</summary>
    private static Graph Chain(Random random)
    {
        int Between(int low, int high) => random.Next(low, high + 1);
        var builder = new GraphBuilder();
        long channels = Between(1, 40);
        var x = builder.Input("x", new(DType.Float32, Shape.Of(Between(1, 2), Between(7, 20), Between(7, 20), channels)));
        var value = x;
        var outputs = new List<GraphOutput>();
        for (int block = Between(1, 2); block > 0; block--)
        {
            bool useExpand = Between(0, 3) > 0, useProject = !useExpand || Between(0, 3) > 0;
            long inputs = value.Shape[3].Value;
            long width = useExpand ? Between(2, 70) : inputs;
            if (width == 1)
                break;
            value = Residual(builder, random, value, width, Between(0, 1) == 0 ? 3 : 5, Between(1, 2), Between(0, 1) == 0 ? inputs : Between(1, 40), useExpand, useProject);
        }
        outputs.Add(new("y", value));
        return new Graph("chain", [x], outputs);
    }

    /// <summary>A picture, a convolution with strides, a pool or a depthwise convolution, and perhaps a 1x1 convolution.</summary>
    private static Graph FirstLayers(Random random, int size = 26)
    {
        int Between(int low, int high) => random.Next(low, high + 1);
        var b = new GraphBuilder();
        Value Constant(double range, params long[] shape) => b.Constant(RandomTensors.Of(random, DType.Float32, shape, -range, range));
        Window Moving(long[] kernel, long low)
        {
            long[] Pads() => [.. kernel.Select(k => (long)Between(0, (int)(k / 2)))];
            bool pads = Between(0, 2) > 0;
            return Window.Of(kernel) with { Strides = [Between((int)low, 3), Between((int)low, 3)], PadsBefore = [.. pads ? Pads() : [0, 0]], PadsAfter = [.. pads ? Pads() : [0, 0]] };
        }
        long channels = Between(1, 6), columns = Between(16, 50);
        bool planes = Between(0, 2) > 0;
        long[] image = [Between(size * 3 / 4, size), Between(size * 3 / 4, size)];
        var x = b.Input("x", new(DType.Float32, planes ? Shape.Of(Between(1, 2), channels, image[0], image[1]) : Shape.Of(Between(1, 2), image[0], image[1], channels)));
        var value = planes ? b.Add(new Transpose([0, 2, 3, 1]), x) : x;
        long[] kernel = [Between(1, 4), Between(1, 4)];
        value = b.Add(new Conv(Moving(kernel, 2), 1, Layout.ChannelsLast), value, Constant(0.3, kernel[0], kernel[1], channels, columns));
        value = b.Add(new Relu(), b.Add(new Add(), value, Constant(1, columns)));
        value = Between(0, 3) == 0
            ? b.Add(new Conv(Moving([3, 3], 1), columns, Layout.ChannelsLast), value, Constant(0.3, 3, 3, 1, columns))
            : b.Add(new MaxPool(Moving([Between(2, 3), Between(2, 3)], 1), Layout.ChannelsLast), value);
        if (Between(0, 1) == 0)
            value = b.Add(new Conv(Window.Of(1, 1), 1, Layout.ChannelsLast), value, Constant(0.3, 1, 1, columns, Between(1, 40)));
        return new Graph("first", [x], [new("y", value)]);
    }

    private static Value Residual(GraphBuilder b, Random random, Value x, long expand, long kernel, long stride, long outputs, bool useExpand, bool useProject)
    {
        Value Constant(double size, params long[] shape) => b.Constant(RandomTensors.Of(random, DType.Float32, shape, -size, size));
        Value Activation(Value v) => random.Next(4) switch
        {
            0 => b.Add(new Relu(), v),
            1 => b.Add(new HardSwish(), v),
            2 => b.Add(new Swish(), v),
            _ => b.Add(new Clip(0, 0.75), v),
        };
        Value Product(Value v, long columns)
        {
            long depth = v.Shape[3].Value;
            var y = b.Add(new Conv(Window.Of(1, 1), 1, Layout.ChannelsLast), v, Constant(1 / Math.Sqrt(depth), 1, 1, depth, columns));
            return b.Add(new Add(), y, Constant(1, columns));
        }
        var value = useExpand ? Activation(Product(x, expand)) : x;
        long channels = value.Shape[3].Value;
        long before = random.Next((int)(kernel / 2) + 1), after = random.Next((int)(kernel / 2) + 1);
        var window = Window.Of(kernel, kernel) with { Strides = [stride, stride], PadsBefore = [before, after], PadsAfter = [after, before] };
        value = b.Add(new Conv(window, channels, Layout.ChannelsLast), value, Constant(1.0 / kernel, kernel, kernel, 1, channels));
        value = Activation(b.Add(new Add(), value, Constant(1, channels)));
        if (!useProject)
            return value;
        value = Product(value, outputs);
        return value.Shape == x.Shape ? b.Add(new Add(), value, x) : value;
    }
}
