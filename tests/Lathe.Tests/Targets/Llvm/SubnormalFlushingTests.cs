using System.Runtime.CompilerServices;
using Lathe.Compilation;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Runtime;
using Lathe.Targets.Llvm;
using Lathe.Tensors;
using Lathe.Tests.Compilation;
using CompileOptions = Lathe.Compilation.CompileOptions;

namespace Lathe.Tests.Targets.Llvm;

public sealed class SubnormalFlushingTests
{
    private const float Below = 1e-40f;
    private const int Rows = 64, Columns = 1024, Threads = 3;

    [LlvmFact]
    public void A_target_says_what_becomes_of_subnormal_numbers()
    {
        var target = LlvmTarget.Parse("llvm -mtriple=x86_64-linux-gnu -mcpu=x86-64 -subnormals=flush");
        Assert.True(target.FlushesSubnormals);
        Assert.Equal(target, LlvmTarget.Parse(target.ToString()));
        Assert.NotEqual(target, LlvmTarget.Parse("llvm -mtriple=x86_64-linux-gnu -mcpu=x86-64"));
        Assert.Equal(LlvmTarget.Host, LlvmTarget.Parse("native -subnormals=keep"));
    }

    [LlvmTheory]
    [InlineData("keep", 2e-10f, 2 * Below)]
    [InlineData("flush", 0, 0)]
    public void Subnormal_operands_and_results_are_zero_if_asked_for(string subnormals, float ofOperand, float result)
    {
        if (!SubnormalFlushing.Has(LlvmTarget.Host.Architecture))
            return;
        float[] row = [Below, 1e-30f, -Below, 1e30f, -1e30f, float.PositiveInfinity, float.NaN, 3];
        float[] factors = [2e30f, 2e-10f, 2e30f, 1e30f, 1e30f, 2, 1, 5];
        float[] expected = [ofOperand, result, -ofOperand, float.PositiveInfinity, float.NegativeInfinity, float.PositiveInfinity, float.NaN, 15];

        float[] products = Multiply($"native -subnormals={subnormals}", row, factors);

        for (int i = 0; i < products.Length; i++)
        {
            float wanted = expected[i % expected.Length];
            Assert.True(wanted.Equals(products[i]) || Math.Abs(products[i] - wanted) <= 1e-4f * Math.Abs(wanted), $"element {i} is {products[i]}, not {wanted}");
        }
    }

    [LlvmFact]
    public void Threads_of_the_host_keep_their_mode()
    {
        if (!SubnormalFlushing.Has(LlvmTarget.Host.Architecture))
            return;
        using var pool = new WorkerPool(Threads);
        Multiply("native -subnormals=flush", [1e-30f], [1e-10f], pool);

        Assert.NotEqual(0, Product(1e-30f, 1e-10f));
        float[] after = new float[64 * Threads];
        pool.Run(after.Length, i => after[i] = Product(1e-30f, 1e-10f));
        Assert.DoesNotContain(0, after);
    }

    /// <summary>A row and another, each repeated over an array large enough for several threads, multiplied element by element.</summary>
    private static float[] Multiply(string target, float[] row, float[] factors, WorkerPool? pool = null)
    {
        var shape = Shape.Of(Rows, Columns);
        var b = new GraphBuilder();
        var (x, y) = (b.Input("x", new TensorType(DType.Float32, shape)), b.Input("y", new TensorType(DType.Float32, shape)));
        var graph = new Graph("products", [x, y], [new("z", b.Add(new Mul(), x, y))]);
        Tensor Of(float[] values) => Tensor.Of<float>(shape, [.. Enumerable.Range(0, Rows * Columns).Select(i => values[i % values.Length])]);
        using var model = Compiled.Load(graph, new CompileOptions(Target.Parse(target), Threads));
        using var session = pool is null ? new Session(model, Threads) : new Session(model, pool);
        return session.Run(new Dictionary<string, Tensor> { ["x"] = Of(row), ["y"] = Of(factors) })["z"].Span<float>().ToArray();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Product(float x, float y) => x * y;
}
