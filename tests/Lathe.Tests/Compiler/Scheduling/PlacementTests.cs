using Lathe.Compilation;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using Lathe.Tests.Graphs;
using Lathe.Tests.Targets.Llvm;

namespace Lathe.Tests.Compilation.Scheduling;

/// <summary>Results that only a concatenation reads are stored in its memory, and the values are the evaluator's in double precision.</summary>
public class PlacementTests
{
    private const double Tolerance = 2e-5;

    private static readonly MachineFacts[] Machines =
    [
        new(0, 0, 1, 4 << 10, 32 << 10), new(16, 16, 2, 32 << 10, 256 << 10), new(32, 16, 3, 4 << 10, 32 << 10), new(64, 32, 1, 48 << 10, 1 << 20),
    ];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 7)];

    [Fact]
    public void Two_convolutions_leave_nothing_of_their_concatenation() =>
        Assert.Equal(["Conv Relu in 0,0,0,0", "Conv Relu in 0,0,0,24"], Groups((b, x) => b.Add(new Concat(3), Layer(b, x, 24), Layer(b, x, 16))));

    [Fact]
    public void What_something_else_reads_too_is_copied() =>
        Assert.Equal(
            ["Conv Relu", "Conv Relu in 0,0,0,24", "Concat without 1"],
            Groups((b, x) =>
            {
                var shared = Layer(b, x, 24);
                return b.Add(new Concat(3), shared, Layer(b, shared, 16));
            }));

    [Fact]
    public void Parts_lie_inside_the_padding_of_the_next_convolution() =>
        Assert.Equal(
            ["Conv Relu in 0,1,1,0", "Conv Relu in 0,1,1,24", "Concat Pad without 2", "Conv Relu"],
            Groups((b, x) => Layer(b, b.Add(new Concat(3), Layer(b, x, 24), Layer(b, x, 16)), 8, kernel: 3)));

    [Fact]
    public void A_concatenation_that_is_read_padded_and_as_it_is_is_padded_by_a_copy() =>
        Assert.Equal(
            ["Conv Relu in 0,0,0,0", "Conv Relu in 0,0,0,24", "Pad", "Conv Relu in 0,0,0,0", "Conv Relu in 0,0,0,8"],
            Groups((b, x) =>
            {
                var whole = b.Add(new Concat(3), Layer(b, x, 24), Layer(b, x, 16));
                return b.Add(new Concat(3), Layer(b, whole, 8, kernel: 3), Layer(b, whole, 4));
            }));

    [Fact]
    public void Rows_of_pictures_lie_one_after_another() =>
        Assert.Equal(["Conv Relu in 0,0,0,0", "MaxPool in 0,14,0,0"], Groups((b, x) => b.Add(new Concat(1), Layer(b, x, 8), Pool(b, x))));

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Random_concatenations_give_the_evaluated_values(int start)
    {
        for (int seed = start * 6; seed < (start + 1) * 6; seed++)
            Compiled.AssertEvaluated(Model(seed), seed, Tolerance, (graph, inputs) => Compiled.Run(graph, inputs, Machines[seed % Machines.Length]));
    }

    [LlvmTheory]
    [InlineData(1)]
    [InlineData(3)]
    public void Native_concatenations_give_the_evaluated_values(int threads)
    {
        for (int seed = 1000; seed < 1012; seed++)
            Compiled.AssertEvaluated(Model(seed), seed, Tolerance, (graph, inputs) => Compiled.Run(graph, inputs, Compiled.Native, threads));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Random_skips_give_the_evaluated_values(int start)
    {
        for (int seed = start * 3; seed < (start + 1) * 3; seed++)
            Compiled.AssertEvaluated(Skipping(seed), seed, Tolerance, (graph, inputs) => Compiled.Run(graph, inputs, Machines[seed % Machines.Length]));
    }

    [LlvmFact]
    public void Native_skips_give_the_evaluated_values()
    {
        for (int seed = 1000; seed < 1012; seed++)
            Compiled.AssertEvaluated(Skipping(seed), seed, Tolerance, (graph, inputs) => Compiled.Run(graph, inputs, Compiled.Native, threads: 1 + (seed % 2)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Growing_concatenations_are_views_of_the_last(bool flat) =>
        Assert.Equal(
            ["MaxPool in 0,0,0,0", "Conv Relu in 0,0,0,8 of 8", "Conv Relu in 0,0,0,24 of 24", "Conv Relu in 0,0,0,40 of 40", "Conv Relu"],
            Groups((b, x) => Layer(b, Growing(b, Pool(b, x), 3, flat, (value, _) => Layer(b, value, 16)), 4)));

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Random_growing_blocks_give_the_evaluated_values(int start)
    {
        for (int seed = start * 3; seed < (start + 1) * 3; seed++)
            Compiled.AssertEvaluated(Block(seed), seed, Tolerance, (graph, inputs) => Compiled.Run(graph, inputs, Machines[seed % Machines.Length]));
    }

    [LlvmFact]
    public void Native_growing_blocks_give_the_evaluated_values()
    {
        for (int seed = 1000; seed < 1012; seed++)
            Compiled.AssertEvaluated(Block(seed), seed, Tolerance, (graph, inputs) => Compiled.Run(graph, inputs, Compiled.Native, threads: 1 + (seed % 2)));
    }

    [Fact]
    public void Most_random_blocks_are_read_in_place() =>
        Assert.True(Enumerable.Range(0, 21).Count(seed => GroupsOf(Block(seed), Machines[3]).Any(g => g.Views.Count > 0)) > 12);

    [Fact]
    public void Most_parts_of_the_random_models_are_stored_in_place() =>
        Assert.True(Enumerable.Range(0, 42).Sum(seed => GroupsOf(Model(seed), Machines[3]).Count(g => g.Place is not null)) > 60);

    /// <summary>The ops of each group, where it stores, and how many inputs a concatenation does not copy.</summary>
    private static IEnumerable<string> Groups(Func<GraphBuilder, Value, Value> model)
    {
        var b = new GraphBuilder();
        var x = b.Input("x", new(DType.Float32, Shape.Of(1, 14, 14, 8)));
        var graph = new Graph("parts", [x], [new("y", model(b, x))]);
        var grouped = Grouped(graph, Machines[3]);
        foreach (var group in grouped.Groups)
        {
            string ops = string.Join(' ', GroupNodes.Of(group, grouped.Materialized).Select(n => n.Op.Name));
            string place = group.Place is { } p ? $" in {string.Join(',', p.Start)}" : "";
            string views = string.Concat(group.Views.Select(v => $" of {v.Value.Shape[^1]}"));
            yield return ops + place + views + (group.Placed.Count > 0 ? $" without {group.Placed.Count}" : "");
        }
    }

    private static IReadOnlyList<Group> GroupsOf(Graph graph, MachineFacts machine) => Grouped(graph, machine).Groups;

    private static GroupedGraph Grouped(Graph graph, MachineFacts machine) =>
        GroupedGraph.Of(new Compiler(new(Compiled.Managed, 1), new()).Optimize(graph), machine, exact: false);

    /// <summary>Two to four layers of random kinds, one after another along an axis, and what reads them.</summary>
    private static Graph Model(int seed)
    {
        var random = new Random(seed);
        var b = new GraphBuilder();
        var x = b.Input("x", new(DType.Float32, Shape.Of(random.Next(1, 3), random.Next(4, 13), random.Next(4, 13), random.Next(1, 35))));
        int axis = random.Next(3) == 0 ? random.Next(1, 3) : 3;
        long columns = random.Next(1, 40);
        var inputs = new List<Value> { x };
        Value Scale()
        {
            inputs.Add(b.Input($"scale{inputs.Count}", new(DType.Float32, Shape.Of(1, 1, 1, columns))));
            return inputs[^1];
        }
        Value Part() => random.Next(axis == 3 ? 8 : 5) switch
        {
            0 => Layer(b, x, axis == 3 ? random.Next(1, 40) : columns, 3, random),
            1 => Layer(b, x, axis == 3 ? random.Next(1, 40) : columns, 1, random),
            2 => b.Add(new Relu(), Layer(b, b.Add(new Neg(), x), columns, 1, random)),
            3 => Layer(b, Pool(b, x), columns, 1, random),
            4 => b.Add(new Mul(), Layer(b, x, columns, 3, random), Scale()),
            5 => Pool(b, x),
            6 => Depthwise(b, x, random),
            _ => x,
        };
        Value[] parts = [.. Enumerable.Range(0, random.Next(2, 5)).Select(_ => Part())];
        var whole = b.Add(new Concat(axis), parts);
        var y = random.Next(4) switch
        {
            0 => whole,
            1 => Layer(b, whole, 5, 3, random),
            2 => Pool(b, whole),
            _ => Layer(b, whole, 9, 1, random),
        };
        var outputs = new List<GraphOutput> { new("y", y) };
        if (random.Next(3) == 0)
            outputs.Add(new("part", parts[0]));
        return new Graph("parts", inputs, outputs);
    }

    /// <summary>A layer that is pooled, computed with and brought to its size again beside it, as U-Nets do, padded or not for what follows.</summary>
    private static Graph Skipping(int seed)
    {
        var random = new Random(seed);
        var b = new GraphBuilder();
        var x = b.Input("x", new(DType.Float32, Shape.Of(random.Next(1, 3), 2 * random.Next(2, 7), 2 * random.Next(2, 7), random.Next(1, 20))));
        long Channels() => random.Next(2) == 0 ? 16 * random.Next(1, 4) : random.Next(1, 40);
        var skip = Layer(b, x, Channels(), random.Next(2) == 0 ? 3 : 1, random);
        var down = b.Add(new MaxPool(Window.Of(2, 2) with { Strides = [2, 2] }, Layout.ChannelsLast), skip);
        var middle = Layer(b, down, random.Next(1, 20), random.Next(2) == 0 ? 3 : 1, random);
        long columns = Channels();
        var weights = b.Constant(RandomTensors.Of(random, DType.Float32, [2, 2, middle.Shape[3].Value, columns], -0.3, 0.3));
        var bias = b.Constant(RandomTensors.Of(random, DType.Float32, [columns], -1, 1));
        var up = b.Add(new Add(), b.Add(new ConvTranspose(Window.Of(2, 2) with { Strides = [2, 2] }, [0, 0], 1, Layout.ChannelsLast), middle, weights), bias);
        var whole = random.Next(2) == 0 ? b.Add(new Concat(3), skip, up) : b.Add(new Concat(3), up, skip, Layer(b, skip, Channels(), 1, random));
        return new Graph("skip", [x], [new("y", Layer(b, whole, Channels(), random.Next(3) == 0 ? 1 : 3, random))]);
    }

    /// <summary>Layers of which each reads all before it, put together again for each or all at once.</summary>
    private static Value Growing(GraphBuilder b, Value first, int layers, bool flat, Func<Value, int, Value> layer)
    {
        List<Value> parts = [first];
        var whole = first;
        for (int i = 0; i < layers; i++)
        {
            var next = layer(whole, i);
            parts.Add(next);
            whole = flat ? b.Add(new Concat(3), [.. parts]) : b.Add(new Concat(3), whole, next);
        }
        return whole;
    }

    /// <summary>A growing block of random layers, what follows it, and now and then something that needs a part in memory of its own.</summary>
    private static Graph Block(int seed)
    {
        var random = new Random(seed);
        var b = new GraphBuilder();
        var x = b.Input("x", new(DType.Float32, Shape.Of(random.Next(1, 3), random.Next(4, 11), random.Next(4, 11), random.Next(1, 20))));
        long Channels() => random.Next(2) == 0 ? 16 * random.Next(1, 3) : random.Next(1, 40);
        var outputs = new List<GraphOutput>();
        Value Step(Value value, int i)
        {
            long channels = value.Shape[3].Value;
            var scaled = b.Add(new Mul(), value, b.Constant(RandomTensors.Of(random, DType.Float32, [channels], -1, 1)));
            if (random.Next(8) == 0)
                outputs.Add(new($"z{i}", random.Next(2) == 0 ? value : b.Add(new Reshape(Shape.Of(value.Shape.ElementCount)), value)));
            return random.Next(5) switch
            {
                0 => Layer(b, value, Channels(), 3, random),
                1 => Layer(b, value, Channels(), 1, random),
                2 => Depthwise(b, Layer(b, b.Add(new Relu(), scaled), Channels(), 1, random), random),
                3 => Pool(b, Layer(b, scaled, Channels(), 1, random)),
                _ => Layer(b, Layer(b, b.Add(new Relu(), scaled), Channels(), 1, random), Channels(), 3, random),
            };
        }
        var whole = Growing(b, random.Next(2) == 0 ? Pool(b, x) : Layer(b, x, Channels(), 3, random), random.Next(2, 5), random.Next(2) == 0, Step);
        outputs.Add(new("y", random.Next(3) switch { 0 => Layer(b, whole, 8, 3, random), 1 => Layer(b, whole, 8, 1, random), _ => b.Add(new Softmax(3), whole) }));
        return new Graph("block", [x], outputs);
    }

    private static Value Layer(GraphBuilder b, Value x, long columns, long kernel = 1, Random? random = null)
    {
        long depth = x.Shape[3].Value, pad = kernel / 2;
        var weights = b.Constant(RandomTensors.Of(random ?? new Random((int)columns), DType.Float32, [kernel, kernel, depth, columns], -1 / Math.Sqrt(depth), 1 / Math.Sqrt(depth)));
        var window = Window.Of(kernel, kernel) with { PadsBefore = [pad, pad], PadsAfter = [pad, pad] };
        return b.Add(new Relu(), b.Add(new Conv(window, 1, Layout.ChannelsLast), x, weights));
    }

    private static Value Depthwise(GraphBuilder b, Value x, Random random)
    {
        long channels = x.Shape[3].Value;
        var window = Window.Of(3, 3) with { PadsBefore = [1, 1], PadsAfter = [1, 1] };
        return b.Add(new Conv(window, channels, Layout.ChannelsLast), x, b.Constant(RandomTensors.Of(random, DType.Float32, [3, 3, 1, channels], -1, 1)));
    }

    private static Value Pool(GraphBuilder b, Value x) =>
        b.Add(new MaxPool(Window.Of(3, 3) with { PadsBefore = [1, 1], PadsAfter = [1, 1] }, Layout.ChannelsLast), x);
}
