using Lathe.Compilation;
using Lathe.Compilation.Diagnostics;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;
using Lathe.Tests.Graphs;
using CompileOptions = Lathe.Compilation.CompileOptions;

namespace Lathe.Tests.Compilation.Scheduling;

public class KernelWorkTests
{
    private static readonly MachineFacts Machine = new(64, 32, 1, 48 << 10, 1 << 20);

    [Theory]
    [InlineData("for i in 0..64 {\n y[i] = x[i] * 2f32 + 1f32\n}", 128L)]
    [InlineData("for i in 0..4 {\n y[ramp(i * 16, 1, 16)] = fma(x[ramp(i * 16, 1, 16)], broadcast(2f32, 16), broadcast(1f32, 16))\n}", 128L)]
    [InlineData("for i in 0..4 {\n for k in i * 16..min(i * 16 + 16, 50) {\n y[k] = -x[k]\n}\n}", 50L)]
    [InlineData("for i in 0..64 {\n if i < 10 {\n y[i] = x[i] + 1f32\n} else {\n y[i] = x[i]\n}\n}", 10L)]
    [InlineData("for i in 0..64 {\n let a = i % 4 {\n for k in 0..a {\n y[i] = x[i] + 1f32\n}\n}\n}", 96L)]
    [InlineData("for i in 0..64 {\n if x[i] < 0f32 {\n y[i] = x[i] + 1f32\n} else {\n y[i] = x[i]\n}\n}", 64L)]
    [InlineData("for i in 0..64 {\n for k in 0..i64(x[i]) {\n y[k] = x[k] + 1f32\n}\n}", null)]
    public void Operations_are_counted_as_loops_run(string body, long? expected) =>
        Assert.Equal(expected, KernelArithmetic.Of(LoopText.ParseKernel($"kernel k(x: f32[64]) -> (y: f32[64]) {{\n{body}\n}}")));

    [Fact]
    public void Winograds_method_does_fewer_operations_than_the_layer_asks_for()
    {
        const long Places = 28 * 28, Channels = 64, Asked = (2 * 9 * Channels * Channels * Places) + (Channels * Places);
        var direct = Works(Convolution(Places, Channels), exact: true);
        var winograd = Works(Convolution(Places, Channels), exact: false);
        Assert.Contains(direct, w => w.Flops == Asked && w.DoneFlops == Asked);
        // Tiles of m x m places take (m + 2)^2 products of channels each instead of 9 m^2, and transforms.
        Assert.Contains(winograd, w => w.Flops == Asked && w.DoneFlops > Asked * 64 / 324 && w.DoneFlops < Asked / 2);
    }

    [Fact]
    public void Weights_and_values_are_told_apart()
    {
        var builder = new GraphBuilder();
        var x = builder.Input("x", new(DType.Float32, Shape.Of(8, 128)));
        var y = builder.Add(new MatMul(), x, builder.Constant(RandomTensors.Of(new Random(1), DType.Float32, [128, 64], -1, 1)));
        var work = Assert.Single(Works(new Graph("dense", [x], [new GraphOutput("y", y)]), exact: true));
        Assert.Equal(new Work(2 * 8 * 128 * 64, 2 * 8 * 128 * 64, 4 * ((8 * 128) + (128 * 64) + (8 * 64)), 4 * 128 * 64), work);
    }

    private static IEnumerable<Work> Works(Graph graph, bool exact)
    {
        var optimized = new Compiler(new CompileOptions(Compiled.Managed, 1), new PassLog()).Optimize(graph);
        return new GraphLowering(Machine, exact).Lower(optimized).Program.Steps.Select(s => s.Work);
    }

    private static Graph Convolution(long places, long channels)
    {
        long side = (long)Math.Sqrt(places);
        var builder = new GraphBuilder();
        var x = builder.Input("x", new(DType.Float32, Shape.Of(1, channels, side, side)));
        var window = Window.Of(3, 3) with { PadsBefore = [1, 1], PadsAfter = [1, 1] };
        var y = builder.Add(new Conv(window, 1, Layout.ChannelsFirst), x, builder.Constant(RandomTensors.Of(new Random(1), DType.Float32, [channels, channels, 3, 3], -0.1, 0.1)));
        return new Graph("convolution", [x], [new GraphOutput("y", builder.Add(new Relu(), y))]);
    }
}
