using Lathe.Compilation;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using Lathe.Tests.Graphs;
using Lathe.Tests.Targets.Llvm;

namespace Lathe.Tests.Compilation.Kernels;

/// <summary>Transposes, by themselves and around products of computed matrices.</summary>
public class TransposeKernelTests
{
    private static readonly MachineFacts[] Machines =
    [
        new(0, 0, 1, 32 << 10, 1 << 20), new(16, 16, 2, 32 << 10, 256 << 10), new(32, 16, 3, 32 << 10, 512 << 10), new(64, 32, 1, 48 << 10, 1 << 20),
    ];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 6)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Bounds_checked_transposes_move_every_element(int start)
    {
        for (int seed = start * 10; seed < (start + 1) * 10; seed++)
            Compiled.AssertEvaluated(Transposed(seed), seed, tolerance: 0, (g, inputs) => Compiled.Run(g, inputs, Machines[seed % Machines.Length]));
    }

    [LlvmTheory]
    [InlineData(1)]
    [InlineData(2)]
    public void Native_transposes_move_every_element(int threads)
    {
        for (int seed = 500; seed < 540; seed++)
            Compiled.AssertEvaluated(Transposed(seed), seed, tolerance: 0, (g, inputs) => Compiled.Run(g, inputs, Compiled.Native, threads));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Heads_are_read_and_written_where_they_lie(int start)
    {
        for (int seed = start * 4; seed < (start + 1) * 4; seed++)
            Compiled.AssertEvaluated(Heads(seed), seed, tolerance: 1e-5, (g, inputs) => Compiled.Run(g, inputs, Machines[seed % Machines.Length]));
    }

    [Fact]
    public void Attention_leaves_one_transpose_for_the_keys()
    {
        var graph = Heads(seed: 3);
        var (groups, materialized) = GroupFormation.Of(new Compiler(new CompileOptions(Compiled.Managed), new()).Optimize(graph), new MachineFacts(64, 32, 1, 48 << 10, 1 << 20));

        Assert.Equal(
            ["Transpose", "Transpose MatMul Mul", "ReduceMax Sub Exp ReduceSum Div", "Transpose MatMul Add Transpose"],
            groups.Select(g => string.Join(' ', GroupNodes.Of(g, materialized).Select(n => n.Op.Name))));
    }

    private static Graph Transposed(int seed)
    {
        var random = new Random(seed);
        var b = new GraphBuilder();
        int rank = random.Next(2, 5);
        var permutation = Enumerable.Range(0, rank).ToArray();
        random.Shuffle(permutation);
        var shape = Enumerable.Range(0, rank).Select(axis => (Dim)(axis == rank - 1 || axis == permutation[^1] ? random.Next(3, 70) : random.Next(1, 5))).ToArray();
        var element = new[] { DType.Float32, DType.Int32, DType.Float64, DType.Int64, DType.Int8 }[random.Next(5)];
        var x = b.Input("x", new TensorType(element, [.. shape]));
        return new Graph("transposed", [x], [new GraphOutput("y", b.Add(new Transpose(permutation), x))]);
    }

    /// <summary>softmax(q k / c) v of heads that lie side by side, stored so, with something added.</summary>
    private static Graph Heads(int seed)
    {
        var random = new Random(seed);
        var b = new GraphBuilder();
        long batch = random.Next(1, 3), heads = random.Next(2, 4), queries = random.Next(2, 40), keys = random.Next(2, 40), width = random.Next(2, 40);
        var inputs = new List<Value>();
        Value Heads(string name, long places, params int[] order)
        {
            var x = b.Input(name, new TensorType(DType.Float32, [batch, places, heads, width]));
            inputs.Add(x);
            return b.Add(new Transpose(order), x);
        }

        var scores = b.Add(new Mul(), b.Add(new MatMul(), Heads("q", queries, 0, 2, 1, 3), Heads("k", keys, 0, 2, 3, 1)), b.Scalar(0.25, DType.Float32));
        var mixed = b.Add(new MatMul(), b.Add(new Softmax(3), scores), Heads("v", keys, 0, 2, 1, 3));
        var offset = b.Constant(RandomTensors.Of(random, DType.Float32, [heads, 1, width]));
        var y = b.Add(new Transpose([0, 2, 1, 3]), b.Add(new Add(), mixed, offset));
        return new Graph("heads", inputs, [new GraphOutput("y", b.Add(new Reshape([batch, queries, heads * width]), y))]);
    }
}
