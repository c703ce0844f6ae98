using Lathe.Graphs;
using Lathe.Graphs.Cost;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Tests.Graphs.Cost;

/// <summary>Two models whose counts are known from the tools that the dialects follow.</summary>
public class ModelCostTests
{
    /// <summary>Random weights, and the same with zeros, which equal each other and must still be counted apart.</summary>
    public static TheoryData<bool> Weights => [true, false];

    [Theory]
    [MemberData(nameof(Weights))]
    public void Mnist_network_has_its_known_counts(bool random)
    {
        var graph = Mnist(random);
        Assert.Equal(585_958, ModelCost.Of(graph).Parameters);
        Assert.Equal(585_958 * 4, ModelCost.Of(graph).WeightBytes);
        Assert.Equal(2_784_064, Total("tf", graph));
        Assert.Equal(1_569_024, Total("tflite-flops", graph));
    }

    [Theory]
    [MemberData(nameof(Weights))]
    public void Lenet_has_its_known_counts(bool random)
    {
        var graph = LeNet(random);
        Assert.Equal(431_080, ModelCost.Of(graph).Parameters);
        Assert.Equal(2_307_720, Total("thop-legacy", graph));
        Assert.Equal(2_293_000, Total("thop", graph));
        Assert.Equal(2_293_000, Total("fvcore", graph));
        Assert.Equal(2_293_000, ModelCost.Of(graph).Macs);
    }

    [Fact]
    public void The_tflite_report_has_a_row_an_operator()
    {
        string[] rows = new TfLiteFlops().Report(Mnist(random: true)).ReplaceLineEndings("\n").TrimEnd().Split('\n');
        Assert.Equal(
            [
                "CONV_2D            | 0.4", "MAX_POOL_2D        | <IGNORED>", "CONV_2D            | 1.2", "MAX_POOL_2D        | <IGNORED>",
                "RESHAPE            | <IGNORED>", "FULLY_CONNECTED    | <IGNORED>", "FULLY_CONNECTED    | <IGNORED>", "SOFTMAX            | <IGNORED>",
                "Total: 1.6 M FLOPS",
            ],
            rows);
    }

    [Fact]
    public void Own_flops_are_two_a_mac_and_one_an_elementwise_result()
    {
        var b = new GraphBuilder();
        var x = b.Input("x", new(DType.Float32, Shape.Of(2, 3)));
        var w = b.Input("w", new(DType.Float32, Shape.Of(3, 5)));
        var y = b.Add(new Relu(), b.Add(new MatMul(), x, w));
        var cost = ModelCost.Of(new Graph("g", [x, w], [new GraphOutput("y", y)]));
        Assert.Equal(30, cost.Macs);
        Assert.Equal(60 + 10, cost.Flops);
        Assert.Equal(2 * 10 * 4, cost.ActivationBytes);
    }

    [Fact]
    public void What_constants_alone_make_is_not_counted()
    {
        var b = new GraphBuilder();
        var x = b.Input("x", new(DType.Float32, Shape.Of(4)));
        var w = b.Add(new Exp(), b.Constant(RandomTensors.Of(new Random(1), DType.Float32, [4])));
        var cost = ModelCost.Of(new Graph("g", [x], [new GraphOutput("y", b.Add(new Mul(), x, w))]));
        Assert.Equal((4, 4), (cost.Flops, cost.Parameters));
    }

    private static long Total(string dialect, Graph graph) => FlopDialects.Find(dialect)!.Total(graph);

    private static Graph Mnist(bool random)
    {
        var m = new ModelMaker(random, 1, 1, 28, 28);
        m.Conv(32, 3).Relu().MaxPool().Conv(32, 2).Relu().MaxPool().Flatten().Dense(500).Relu().Dense(10).Apply(new Softmax(1));
        return m.Graph;
    }

    private static Graph LeNet(bool random)
    {
        var m = new ModelMaker(random, 1, 1, 28, 28);
        m.Conv(20, 5).MaxPool().Conv(50, 5).MaxPool().Flatten().Dense(500).Dense(10);
        return m.Graph;
    }

    private sealed class ModelMaker
    {
        private readonly GraphBuilder _b = new();
        private readonly Random? _random;
        private readonly Value _input;
        private Value _x;

        public ModelMaker(bool random, params long[] shape)
        {
            _random = random ? new Random(3) : null;
            _x = _input = _b.Input("x", new(DType.Float32, Shape.Of(shape)));
        }

        public Graph Graph => new("model", [_input], [new GraphOutput("y", _x)]);

        public ModelMaker Apply(Op op, params Value[] others)
        {
            _x = _b.Add(op, [_x, .. others]);
            return this;
        }

        public ModelMaker Conv(long outputs, long kernel) =>
            Apply(new Conv(Window.Of(kernel, kernel), 1, Layout.ChannelsFirst), Weight(outputs, _x.Shape[1].Value, kernel, kernel)).Apply(new Add(), Weight(outputs, 1, 1));

        public ModelMaker Relu() => Apply(new Relu());

        public ModelMaker MaxPool() => Apply(new MaxPool(Window.Of(2, 2) with { Strides = [2, 2] }, Layout.ChannelsFirst));

        public ModelMaker Flatten() => Apply(new Reshape(Shape.Of(1, _x.Shape.ElementCount)));

        public ModelMaker Dense(long outputs) => Apply(new MatMul(), Weight(_x.Shape[1].Value, outputs)).Apply(new Add(), Weight(outputs));

        private Value Weight(params long[] shape) =>
            _b.Constant(_random is { } r ? RandomTensors.Of(r, DType.Float32, shape) : Tensor.Zeros(DType.Float32, Shape.Of(shape)));
    }
}
