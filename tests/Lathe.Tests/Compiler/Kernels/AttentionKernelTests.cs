using Lathe.Compilation;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using Lathe.Tests.Graphs;
using Lathe.Tests.Targets.Llvm;

namespace Lathe.Tests.Compilation.Kernels;

/// <summary>
/// Attention of random shapes, masks and orders of axes gives what the evaluator gives in double precision, as one kernel. The second-level caches are
/// small, so that scores of a few kilobytes count as too large for them. Scores are about 1, and shares add up to 1.
/// </summary>
public class AttentionKernelTests
{
    private const double Tolerance = 1e-5;

    private static readonly MachineFacts[] Machines =
    [
        new(0, 0, 1, 4 << 10, 4 << 10), new(16, 16, 2, 4 << 10, 4 << 10), new(32, 16, 3, 4 << 10, 8 << 10), new(64, 32, 1, 4 << 10, 4 << 10), new(64, 32, 5, 4 << 10, 4 << 10),
    ];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 12)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Attention_gives_the_evaluated_values(int start)
    {
        for (int seed = start * 6; seed < (start + 1) * 6; seed++)
        {
            var graph = Model(seed);
            var machine = Machines[seed % Machines.Length];
            Compiled.AssertEvaluated(graph, seed, Tolerance, (g, inputs) => Compiled.Run(g, inputs, machine));
        }
    }

    [LlvmTheory]
    [InlineData(1)]
    [InlineData(3)]
    public void Native_attention_gives_the_evaluated_values(int threads)
    {
        for (int seed = 100; seed < 108; seed++)
        {
            var graph = Model(seed, longer: 12);
            Compiled.AssertEvaluated(graph, seed, Tolerance, (g, inputs) => Compiled.Run(g, inputs, Compiled.Native, threads));
        }
    }

    [Fact]
    public void All_of_the_random_models_are_joined_where_scores_leave_the_cache()
    {
        for (int seed = 0; seed < 72; seed++)
            Assert.True(JoinedOf(Model(seed), Machines[0]).Any(g => g.Producer is { Rows: not null }), GraphText.Print(Model(seed)));
    }

    [Fact]
    public void Every_schedule_gives_the_evaluated_values()
    {
        var graph = Model(3, longer: 3);
        var inputs = Compiled.RandomInputs(graph, 3);
        var expected = Compiled.Exact(graph, inputs);
        var machine = new MachineFacts(32, 16, 2, 4 << 10, 16 << 10);
        var optimized = new Compiler(new(Compiled.Managed, 2), new()).Optimize(graph);
        var (groups, _, generators) = GroupedGraph.Of(optimized, machine, exact: false);
        var space = generators.Space(groups.Single(g => g.Producer is not null)).ToList();

        Assert.Contains(generators.Default(groups.Single(g => g.Producer is not null)), space);
        Assert.True(space.Count > 3);
        foreach (var schedule in space)
            Compiled.AssertClose(expected, Compiled.Run(graph, inputs, machine, g => g.Producer is null ? null : schedule), Tolerance, Tolerance);
    }

    [Fact]
    public void Scores_that_stay_in_the_cache_or_are_read_elsewhere_are_left_to_three_kernels()
    {
        Assert.All(JoinedOf(Plain(scoresAreOutput: false), Machines[3] with { L2Bytes = 1 << 20 }), g => Assert.Null(g.Producer));
        Assert.Single(JoinedOf(Plain(scoresAreOutput: false), Machines[3]));
        Assert.Equal(3, JoinedOf(Plain(scoresAreOutput: true), Machines[3]).Count);
    }

    private static Graph Plain(bool scoresAreOutput)
    {
        var b = new GraphBuilder();
        Value Input(string name, params long[] shape) => b.Input(name, new(DType.Float32, Shape.Of(shape)));
        var (q, k, v) = (Input("q", 2, 30, 8), Input("k", 2, 8, 40), Input("v", 2, 40, 8));
        var scores = b.Add(new MatMul(), q, k);
        var result = b.Add(new MatMul(), b.Add(new Softmax(2), scores), v);
        return new Graph("attention", [q, k, v], scoresAreOutput ? [new("y", result), new("scores", scores)] : [new("y", result)]);
    }

    private static IReadOnlyList<Group> JoinedOf(Graph graph, MachineFacts machine) =>
        GroupedGraph.Of(new Compiler(new(Compiled.Managed, 1), new()).Optimize(graph), machine, exact: false).Groups;

    /// <summary>Attention of several heads, of a sequence to itself or to another one.</summary>
    private static Graph Model(int seed, int longer = 1)
    {
        var random = new Random(seed);
        var b = new GraphBuilder();
        var inputs = new List<Value>();
        var element = random.Next(6) == 0 ? DType.Float64 : DType.Float32;
        int Between(int low, int high) => random.Next(low, high + 1);
        bool Chance(int of, int outOf) => random.Next(outOf) < of;
        long batch = Between(1, 2), heads = Between(1, 4), queries = Between(24, 50) * longer, keys = Chance(1, 2) ? queries : Between(24, 70) * longer;
        // Deep products are summed up in steps.
        long depth = Chance(1, 8) ? 256 : Between(1, 40), width = Between(1, 40);
        Value Input(params long[] shape)
        {
            inputs.Add(b.Input($"x{inputs.Count}", new TensorType(element, Shape.Of(shape))));
            return inputs[^1];
        }

        // [batch, heads, length, size], of memory in this order or with the heads inside.
        Value Heads(long length, long size) => Chance(1, 3)
            ? Input(batch, heads, length, size)
            : b.Add(new Transpose([0, 2, 1, 3]), b.Add(new Reshape(Shape.Of(batch, length, heads, size)), Input(batch, length, heads * size)));
        Value Scores(Value q, Value k) => Chance(1, 2)
            ? b.Add(new MatMul(false, TransposeB: true), q, k)
            : b.Add(new MatMul(), q, b.Add(new Transpose([.. Enumerable.Range(0, q.Type.Rank - 2), q.Type.Rank - 1, q.Type.Rank - 2]), k));
        Value Masked(Value scores) => Between(0, 5) switch
        {
            0 => b.Add(new Add(), scores, Input(batch, 1, 1, keys)),
            1 => b.Add(new Add(), Input(heads, queries, keys), scores),
            2 => b.Add(new Add(), scores, b.Constant(RandomTensors.Of(random, element, [queries, keys], -1, 1))),
            3 => b.Add(new Where(), b.Constant(Causal(queries, keys)), scores, b.Scalar(double.NegativeInfinity, element)),
            4 => b.Add(new Add(), scores, b.Add(new Mul(), Input(batch, 1, 1, keys), b.Scalar(1e4, element))),
            _ => scores,
        };

        var (q, k, v) = (Heads(queries, depth), Heads(keys, depth), Heads(keys, width));
        // Half of the models' products have one axis of images, with views between them and the mask.
        bool flat = Chance(1, 2);
        Value Flat(Value x) => flat ? b.Add(new Reshape(Shape.Of(batch * heads, x.Shape[2].Value, x.Shape[3].Value)), x) : x;
        Value Apart(Value x) => flat ? b.Add(new Reshape(Shape.Of(batch, heads, x.Shape[1].Value, x.Shape[2].Value)), x) : x;
        var scores = b.Add(new Mul(), Scores(Flat(q), Flat(k)), b.Scalar(1 / Math.Sqrt(depth), element));
        var shares = b.Add(new Softmax(3), Masked(Apart(scores)));
        var result = Apart(b.Add(new MatMul(), Flat(Chance(1, 5) ? b.Add(new Mul(), shares, b.Scalar(0.5, element)) : shares), Flat(v)));
        if (Chance(2, 3))
            result = b.Add(new Reshape(Shape.Of(batch, queries, heads * width)), b.Add(new Transpose([0, 2, 1, 3]), result));
        if (Chance(1, 4))
            result = b.Add(new Tanh(), result);
        return new Graph("attention", inputs, [new GraphOutput("y", result)]);
    }

    /// <summary>Whether query i sees key j: it comes no later.</summary>
    private static Tensor Causal(long queries, long keys)
    {
        var mask = Tensor.Zeros(DType.Bool, Shape.Of(queries, keys));
        for (long i = 0; i < queries; i++)
            for (long j = 0; j < keys && j <= i; j++)
                mask.Bytes.Span[(int)((i * keys) + j)] = 1;
        return mask;
    }
}
