using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;
using Lathe.Graphs.Passes.Rules;
using Lathe.Tensors;
using Lathe.Tests.Compilation;

namespace Lathe.Tests.Graphs.Passes;

/// <summary>Bytes that are scaled through floats are those of the fixed-point product for every sum.</summary>
public class ScaleByFloatsTests
{
    private const int Sums = 1 << 16;

    public static TheoryData<long, int, bool, int, int> Products => new()
    {
        { 1L << 30, 32, false, 0, 255 },
        { 1L << 30, 32, false, -128, 127 },
        { 1L << 30, 31, false, 7, 199 },
        { 1L << 30, 31, true, 0, 255 },
        { 0, 31, false, -13, 127 },
    };

    [Theory]
    [MemberData(nameof(Products))]
    public void All_sums_give_the_same_bytes(long nudge, int drop, bool away, int low, int high)
    {
        var random = new Random(drop + low);
        const int channels = 8;
        int least = drop == 31 ? 6 : 5;
        var shifts = RandomTensors.Of(random, DType.Int32, [channels], least, least + 2);
        int[] addends = [.. Enumerable.Range(0, channels).Select(i => (int)(((away ? 0 : low + 20) << (int)shifts.GetInt64(i)) + (1L << ((int)shifts.GetInt64(i) - 1))))];
        var b = new GraphBuilder();
        var x = b.Input("x", new(DType.Int32, Shape.Of(2 * Sums, channels)));
        var sum = b.Add(new Add(), b.Add(new Clip(-Sums, Sums), x), b.Constant(RandomTensors.Of(random, DType.Int32, [channels], -999, 999)));
        var scaled = b.Add(
            new ShiftedProduct(nudge, drop, away), sum, b.Constant(RandomTensors.Of(random, DType.Int32, [channels], 1 << 30, int.MaxValue)),
            b.Constant(Tensor.Vector<int>(addends)), b.Constant(shifts));
        var graph = new Graph("scale", [x], [new("y", b.Add(new Cast(low < 0 ? DType.Int8 : DType.UInt8), b.Add(new Clip(low, high), scaled)))]);

        GivesTheSame(graph);
    }

    [Theory]
    [InlineData(0, DType.UInt8)]
    [InlineData(131, DType.UInt8)]
    [InlineData(-5, DType.Int8)]
    public void All_sums_give_the_bytes_of_rounded_reals(int zero, DType type)
    {
        const int channels = 8;
        var random = new Random(zero + 9);
        var b = new GraphBuilder();
        var x = b.Input("x", new(DType.Int32, Shape.Of(2 * Sums, channels)));
        var real = b.Add(new Cast(DType.Float32), b.Add(new Clip(-Sums, Sums), x));
        float[] factors = [.. Enumerable.Range(0, channels).Select(_ => MathF.ScaleB(1 + random.NextSingle(), -9))];
        var rounded = b.Add(new Add(), b.Add(new Round(), b.Add(new Mul(), real, b.Constant(Tensor.Vector<float>(factors)))), b.Scalar(zero, DType.Float32));
        var graph = new Graph("scale", [x], [new("y", b.Add(new Cast(type), rounded))]);

        GivesTheSame(graph);
    }

    [Fact]
    public void Flat_scales_take_two_floats()
    {
        const int channels = 64;
        var random = new Random(4);
        long[] steps(double slope) => [.. Enumerable.Range(1, 255).Select(k => (long)Math.Ceiling((k - 0.5) / slope))];
        int one = 0, two = 0;
        for (int i = 0; i < channels; i++)
        {
            double slope = Math.ScaleB(1 + random.NextDouble(), -15);
            one += StepLine.Through(steps(slope), slope, 0, 1 << 25, split: false) is null ? 0 : 1;
            two += StepLine.Through(steps(slope), slope, 0, 1 << 25, split: true) is null ? 0 : 1;
        }

        Assert.InRange(one, 0, channels - 1);
        Assert.Equal(channels, two);
    }

    private static void GivesTheSame(Graph graph)
    {
        var rewritten = new RewritePass("Scale", new FoldConstant(new GraphEvaluator()), new ScaleByFloats()).Run(graph);

        Assert.Contains(rewritten.Nodes, n => n.Op is FloorScale);
        Assert.DoesNotContain(rewritten.Nodes, n => n.Op is ShiftedProduct or Round);
        var all = Tensor.Zeros(DType.Int32, graph.Inputs[0].Shape);
        for (int i = 0; i < all.Count; i++)
            all.SetInt64(i, (i / 8) - Sums);
        var inputs = new Dictionary<string, Tensor> { ["x"] = all };
        Compiled.AssertClose(new GraphEvaluator().Run(graph, inputs), new GraphEvaluator().Run(rewritten, inputs), rtol: 0, atol: 0);
    }
}
