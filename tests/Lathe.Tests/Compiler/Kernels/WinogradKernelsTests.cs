using Lathe.Compilation;
using Lathe.Compilation.Diagnostics;
using Lathe.Compilation.Kernels;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;
using Lathe.Tests.Graphs;
using CompileOptions = Lathe.Compilation.CompileOptions;

namespace Lathe.Tests.Compilation.Kernels;

public class WinogradKernelsTests
{
    /// <summary>A vector of 4, 8 or 16 floats, or none.</summary>
    private static readonly MachineFacts[] Machines =
    [
        new(64, 32, 1, 32 << 10, 1 << 20), new(32, 16, 2, 32 << 10, 32 << 10), new(16, 16, 3, 32 << 10, 16 << 10), new(0, 0, 2, 32 << 10, 8 << 10),
    ];

    public static TheoryData<int, int> TileExtents
    {
        get
        {
            var data = new TheoryData<int, int>();
            for (int height = WinogradTransform.MinOutputs; height <= WinogradTransform.MaxOutputs(3, 1); height++)
                for (int width = WinogradTransform.MinOutputs; width <= WinogradTransform.MaxOutputs(3, 1); width++)
                    data.Add(height, width);
            return data;
        }
    }

    /// <summary>
    /// Images, sizes that tiles do not divide, channels that vectors do not divide, all ways of cutting. The tolerance: 6e-5 of the greatest
    /// value, which is below 4, is what F(6x6) loses of 24 bits at worst.
    /// </summary>
    [Theory]
    [MemberData(nameof(TileExtents))]
    public void Each_tile_gives_the_evaluated_values(int height, int width)
    {
        var random = new Random((height * 16) + width);
        foreach (var machine in Machines)
        {
            var graph = Convolution(random, random.Next(1, 4), height + random.Next(0, 9), width + random.Next(0, 9), random.Next(1, 40));
            var inputs = Compiled.RandomInputs(graph, random.Next());
            var expected = Compiled.Exact(graph, inputs);
            foreach (bool apart in new[] { false, true })
            {
                var actual = Compiled.Run(graph, inputs, machine, group => group.Anchor?.Op is Conv
                    ? Pick(random, [.. WinogradConfig.Candidates(group.Anchor!, machine).Select(c => c.Config).Where(c => c.TileHeight == height && c.TileWidth == width && (c.BlocksApart == apart || machine.Threads == 1))])
                    : null);
                Compiled.AssertClose(expected, actual, 6e-5, 6e-5);
            }
        }
    }

    /// <summary>Tiles at the edges have outputs in common with their neighbours, whose rounding differs: which thread is faster must not show.</summary>
    [Theory]
    [InlineData(4, 4)]
    [InlineData(3, 6)]
    [InlineData(6, 5)]
    public void The_order_of_tasks_does_not_matter(int height, int width)
    {
        var random = new Random((height * 16) + width);
        foreach (var machine in Machines.Where(m => m.Threads > 1))
        {
            foreach (bool apart in new[] { false, true })
            {
                var graph = Convolution(random, 2, (2 * height) + random.Next(1, height), (2 * width) + random.Next(1, width), random.Next(1, 20));
                var inputs = Compiled.RandomInputs(graph, random.Next());
                Schedule? picked = null;
                IReadOnlyDictionary<string, Tensor> Run(bool backwards) => Compiled.RunInOrder(graph, inputs, machine, backwards, group => group.Anchor?.Op is Conv
                    ? picked ??= new WinogradConfig(height, width, 6, apart ? 6 : 2, apart, new(2, 1, 1, 1)).ToSchedule("winograd")
                    : null);
                var forwards = Run(backwards: false);
                Assert.NotNull(picked);
                Compiled.AssertClose(Compiled.Exact(graph, inputs), forwards, 6e-5, 6e-5);
                Assert.Equal(forwards["y"].ToDoubleArray(), Run(backwards: true)["y"].ToDoubleArray());
            }
        }
    }

    /// <summary>Weights that are transformed along rows in the kernel, in float32 instead of double: the same tolerance.</summary>
    [Theory]
    [MemberData(nameof(TileExtents))]
    public void Weights_transformed_in_the_kernel_give_the_evaluated_values(int height, int width)
    {
        var random = new Random((height * 16) + width);
        foreach (var machine in Machines.Select(m => m with { L2Bytes = 1 << 20 }))
        {
            var graph = Convolution(random, random.Next(1, 3), height + random.Next(0, 4), width + random.Next(0, 4), 8 * random.Next(1, 7));
            var inputs = Compiled.RandomInputs(graph, random.Next());
            Schedule? picked = null;
            var actual = Compiled.Run(graph, inputs, machine, group => group.Anchor?.Op is Conv
                ? picked = Pick(random, [.. WinogradConfig.Candidates(group.Anchor!, machine).Select(c => c.Config).Where(c => c.TileHeight == height && c.TileWidth == width && c.Across > 0)])
                : null);
            Assert.NotNull(picked);
            Compiled.AssertClose(Compiled.Exact(graph, inputs), actual, 6e-5, 6e-5);
        }
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(4, 4)]
    [InlineData(5, 5)]
    [InlineData(2, 5)]
    [InlineData(4, 3)]
    public void Windows_of_other_sizes_give_the_evaluated_values(int down, int across)
    {
        var random = new Random((down * 16) + across);
        foreach (var machine in Machines)
        {
            for (int round = 0; round < 4; round++)
            {
                var graph = Convolution(random, random.Next(1, 4), 6 + random.Next(0, 9), 6 + random.Next(0, 9), random.Next(1, 40), kernel: [down, across]);
                var inputs = Compiled.RandomInputs(graph, random.Next());
                Schedule? picked = null;
                var actual = Compiled.Run(graph, inputs, machine, group => group.Anchor?.Op is Conv
                    ? picked = Pick(random, [.. WinogradConfig.Candidates(group.Anchor!, machine).Select(c => c.Config)])
                    : null);
                Assert.NotNull(picked);
                Compiled.AssertClose(Compiled.Exact(graph, inputs), actual, 6e-5, 6e-5);
            }
        }
    }

    [Fact]
    public void Every_second_place_gives_the_evaluated_values()
    {
        var random = new Random(2);
        foreach (var machine in Machines)
        {
            foreach (bool apart in new[] { false, true })
            {
                var graph = Convolution(random, random.Next(1, 4), 4 + random.Next(0, 13), 4 + random.Next(0, 13), random.Next(1, 40), stride: 2);
                var inputs = Compiled.RandomInputs(graph, random.Next());
                var actual = Compiled.Run(graph, inputs, machine, group => group.Anchor?.Op is Conv
                    ? Pick(random, [.. WinogradConfig.Candidates(group.Anchor!, machine).Select(c => c.Config).Where(c => c.BlocksApart == apart || machine.Threads == 1)])
                    : null);
                Compiled.AssertClose(Compiled.Exact(graph, inputs), actual, 6e-5, 6e-5);
            }
        }
    }

    [Theory]
    [InlineData(1, 6, 4)]
    [InlineData(2, 2, 2)]
    public void Products_of_the_same_weights_follow_one_another(int stride, int height, int width)
    {
        var x = new GraphBuilder();
        var window = Window.Of(3, 3) with { Strides = [stride, stride] };
        var conv = x.Add(new Conv(window, 1, Layout.ChannelsLast), x.Input("x", new(DType.Float32, Shape.Of(1, 19, 19, 4))), x.Input("w", new(DType.Float32, Shape.Of(3, 3, 4, 4)))).Node!;
        var work = new WinogradWork(conv, height, width);
        var numbered = Enumerable.Range(0, work.Vertical.Size).SelectMany(i => Enumerable.Range(0, work.Horizontal.Size).Select(j => (i, j)))
            .ToDictionary(p => work.ProductAt(p.i, p.j), p => work.WeightAt(p.i, p.j));
        Assert.Equal(Enumerable.Range(0, work.Products), numbered.Keys.Order());
        Assert.Equal(numbered.Values.Order(), Enumerable.Range(0, work.Products).Select(k => numbered[k]));
        foreach (var (product, weights) in numbered)
            Assert.Equal(weights, ((IntConst)work.WeightOf(product)).Value);
    }

    [Fact]
    public void Sums_that_wait_while_others_take_the_same_channels_give_the_evaluated_values()
    {
        var random = new Random(1);
        foreach (var machine in Machines.Where(m => m.VectorBytes > 0).Select(m => m with { L1Bytes = 1600 * m.Lanes(DType.Float32), L2Bytes = 1 << 20 }))
        {
            for (int round = 0; round < 4; round++)
            {
                var graph = Convolution(random, random.Next(1, 3), 6 + random.Next(0, 9), 6 + random.Next(0, 9), 64, 4 * machine.Lanes(DType.Float32));
                var inputs = Compiled.RandomInputs(graph, random.Next());
                Schedule? picked = null;
                var actual = Compiled.Run(graph, inputs, machine, group => group.Anchor?.Op is Conv
                    ? picked = Pick(random, [.. WinogradConfig.Candidates(group.Anchor!, machine).Select(c => c.Config).Where(c => c.Steps > 0)])
                    : null);
                Assert.NotNull(picked);
                Compiled.AssertClose(Compiled.Exact(graph, inputs), actual, 6e-5, 6e-5);
            }
        }
    }

    [Fact]
    public void Schedules_without_the_newer_words_are_read_as_before()
    {
        var schedule = Schedule.TryParse("winograd height=3 width=4 block=25 job=20 apart=1 rows=5 vectors=4 unroll=2")!;
        Assert.Equal(new WinogradConfig(3, 4, 25, 20, true, new(5, 4, 1, 2)), WinogradConfig.Of(schedule));
        Assert.Equal(schedule, WinogradConfig.Of(schedule).ToSchedule("winograd"));
        foreach (var newer in new[] { WinogradConfig.Of(schedule) with { Across = 16 }, WinogradConfig.Of(schedule) with { Steps = 64 } })
            Assert.Equal(newer, WinogradConfig.Of(newer.ToSchedule("winograd")));
    }

    private static Schedule? Pick(Random random, WinogradConfig[] configs) => configs.Length == 0 ? null : configs[random.Next(configs.Length)].ToSchedule("winograd");

    private static Graph Convolution(Random random, long images, long height, long width, long inputs, long outputs = 0, long stride = 1, long[]? kernel = null)
    {
        kernel ??= [3, 3];
        outputs = outputs > 0 ? outputs : random.Next(1, 40);
        var builder = new GraphBuilder();
        var x = builder.Input("x", new(DType.Float32, Shape.Of(images, inputs, height, width)));
        double size = 1 / Math.Sqrt(kernel[0] * kernel[1] * inputs);
        var window = Window.Of(kernel) with { PadsBefore = [1, 1], PadsAfter = [1, 1], Strides = [stride, stride] };
        var weights = builder.Constant(RandomTensors.Of(random, DType.Float32, [outputs, inputs, .. kernel], -size, size));
        var y = builder.Add(new Conv(window, 1, Layout.ChannelsFirst), x, weights);
        y = builder.Add(new Add(), y, builder.Constant(RandomTensors.Of(random, DType.Float32, [outputs, 1, 1], -1, 1)));
        y = random.Next(3) switch { 0 => y, 1 => builder.Add(new Relu(), y), _ => builder.Add(new Tanh(), y) };
        return new Graph("convolution", [x], [new GraphOutput("y", y)]);
    }
}
