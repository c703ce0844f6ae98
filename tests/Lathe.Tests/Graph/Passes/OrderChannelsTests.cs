using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;
using Lathe.Tensors;
using Lathe.Tests.Compilation;

namespace Lathe.Tests.Graphs.Passes;

/// <summary>Networks that shuffle, split and join channels at random give the same values when channels are read where they come from.</summary>
public class OrderChannelsTests
{
    private const double Tolerance = 2e-5;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 6)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Random_networks_keep_their_values(int start)
    {
        for (int seed = start * 20; seed < (start + 1) * 20; seed++)
            Compiled.AssertEvaluated(Model(seed), seed, Tolerance, (graph, inputs) => Compiled.Exact(Ordered(graph), inputs));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Compiled_networks_give_the_evaluated_values(int start)
    {
        for (int seed = 1000 + (start * 2); seed < 1000 + ((start + 1) * 2); seed++)
            Compiled.AssertEvaluated(Model(seed), seed, Tolerance, (graph, inputs) => Compiled.Run(graph, inputs, Compiled.Managed));
    }

    [Fact]
    public void Most_random_networks_have_something_to_order() =>
        Assert.True(Enumerable.Range(0, 120).Count(seed => GraphText.Print(Ordered(Model(seed))) != GraphText.Print(Model(seed))) > 60);

    [Fact]
    public void A_block_that_splits_and_shuffles_moves_channels_once()
    {
        var (b, random) = (new GraphBuilder(), new Random(1));
        var x = b.Input("x", new(DType.Float32, Shape.Of(1, 64, 4, 4)));
        Value left = Half(b, x, 0), right = Half(b, x, 1);
        for (int unit = 0; unit < 3; unit++)
        {
            var shuffled = Shuffle(b, b.Add(new Concat(1), left, Layer(b, right, 32, random)), 2);
            (left, right) = (Half(b, shuffled, 0), Half(b, shuffled, 1));
        }
        var graph = new Graph("units", [x], [new("y", Layer(b, b.Add(new Concat(1), left, right), 4, random))]);
        var ordered = Ordered(graph);
        Assert.DoesNotContain(ordered.Nodes, n => n.Op is Reshape or Transpose);
        Assert.All(ordered.Nodes.Where(n => n.Op is Slice), slice => Assert.True(slice.Inputs[0] == ordered.Inputs[0] || slice.Inputs[0].Op is Relu));
    }

    private static Graph Ordered(Graph graph)
    {
        var ordered = new OrderChannels().Run(graph);
        GraphVerifier.Verify(ordered);
        return ordered;
    }

    /// <summary>Some values of one size, of which each step makes another by what networks do with channels; the last ones are outputs.</summary>
    private static Graph Model(int seed)
    {
        var random = new Random(seed);
        var b = new GraphBuilder();
        var x = b.Input("x", new(DType.Float32, Shape.Of(random.Next(1, 3), 4 * random.Next(1, 7), random.Next(1, 6), random.Next(1, 6))));
        List<Value> values = [x, Layer(b, x, 4 * random.Next(1, 7), random)];
        for (int step = 0; step < 8; step++)
        {
            var value = values[random.Next(Math.Max(0, values.Count - 3), values.Count)];
            long channels = value.Shape[1].Value;
            values.Add(random.Next(9) switch
            {
                0 => Layer(b, value, 4 * random.Next(1, 7), random),
                1 => Shuffle(b, value, random.Next(2) == 0 ? 2 : 4),
                2 => Shuffle(b, b.Add(new Concat(1), value, values[random.Next(values.Count)]), 2),
                3 => b.Add(new Concat(1), values[random.Next(values.Count)], value),
                4 => channels >= 8 && channels % 8 == 0 ? Half(b, value, random.Next(2)) : b.Add(new Relu(), value),
                5 => Pick(b, value, random),
                6 => b.Add(new Mul(), value, b.Constant(RandomTensors.Of(random, DType.Float32, [channels, 1, 1], -1, 1))),
                7 => Depthwise(b, value, random),
                _ => EverySecond(b, value, random.Next(2)),
            });
        }
        var all = values.Where(v => v.Shape[1].Value <= 96).TakeLast(2);
        return new Graph("channels", [x], all.Distinct().Select((v, i) => new GraphOutput($"y{i}", random.Next(4) == 0 ? v : Layer(b, v, 5, random))));
    }

    private static Value Shuffle(GraphBuilder b, Value x, long groups)
    {
        long[] s = x.Shape.ToArray();
        var split = b.Add(new Reshape(Shape.Of(s[0], groups, s[1] / groups, s[2], s[3])), x);
        return b.Add(new Reshape(x.Shape), b.Add(new Transpose([0, 2, 1, 3, 4]), split));
    }

    /// <summary>Every second channel, as a reshape by pairs and a choice of one of them.</summary>
    private static Value EverySecond(GraphBuilder b, Value x, long which)
    {
        long[] s = x.Shape.ToArray();
        var pairs = b.Add(new Transpose([2, 0, 1, 3, 4]), b.Add(new Reshape(Shape.Of(s[0], s[1] / 2, 2, s[2], s[3])), x));
        var one = b.Add(new Gather(0), pairs, b.Constant(Tensor.Scalar(which)));
        return s[1] % 8 == 0 ? one : b.Add(new Concat(1), one, one);
    }

    private static Value Half(GraphBuilder b, Value x, int which)
    {
        long[] sizes = x.Shape.ToArray();
        sizes[1] /= 2;
        return b.Add(new Slice([0, which * sizes[1], 0, 0], [.. sizes], [1, 1, 1, 1]), x);
    }

    private static Value Pick(GraphBuilder b, Value x, Random random)
    {
        long channels = x.Shape[1].Value;
        long[] index = [.. Enumerable.Range(0, (int)channels).Select(i => (long)i)];
        if (random.Next(2) == 0)
            random.Shuffle(index);
        else
            index = [.. index.Select(_ => random.NextInt64(-channels, channels))];
        return b.Add(new Gather(1), x, b.Constant(Tensor.Vector<long>(index)));
    }

    private static Value Depthwise(GraphBuilder b, Value x, Random random)
    {
        long channels = x.Shape[1].Value;
        var window = Window.Of(3, 3) with { PadsBefore = [1, 1], PadsAfter = [1, 1] };
        return b.Add(new Conv(window, channels, Layout.ChannelsFirst), x, b.Constant(RandomTensors.Of(random, DType.Float32, [channels, 1, 3, 3], -0.5, 0.5)));
    }

    private static Value Layer(GraphBuilder b, Value x, long columns, Random random)
    {
        long depth = x.Shape[1].Value;
        var weights = b.Constant(RandomTensors.Of(random, DType.Float32, [columns, depth, 1, 1], -1 / Math.Sqrt(depth), 1 / Math.Sqrt(depth)));
        return b.Add(new Relu(), b.Add(new Conv(Window.Of(1, 1), 1, Layout.ChannelsFirst), x, weights));
    }
}
