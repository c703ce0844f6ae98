using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Tests.Compilation;

/// <summary>
/// Elementwise work is computed where it is read, so that long chains, values read twice at each step, and nodes with many
/// operands must not make kernels without bound.
/// </summary>
public class LongChainTests
{
    private static readonly TensorType Type = new(DType.Float32, [4, 5]);

    [Fact]
    public void A_value_that_each_step_reads_twice_is_not_computed_twice_each_time() =>
        Check(40, (b, x, _) => b.Add(new Affine(1, 0.1), b.Add(new Mul(), x, x)));

    [Fact]
    public void A_function_that_reads_its_operand_often_is_not_nested_without_bound() =>
        Check(40, (b, x, i) => b.Add(i % 2 == 0 ? new Gelu(Tanh: true) : new Swish(), x));

    [Fact]
    public void A_chain_of_thousands_of_ops_compiles() =>
        Check(3000, (b, x, i) => b.Add(i % 2 == 0 ? new Relu() : new Neg(), x));

    [Fact]
    public void A_chain_of_thousands_of_ops_after_a_contraction_compiles()
    {
        var b = new GraphBuilder();
        var x = b.Input("x", Type);
        var y = b.Add(new MatMul(), x, b.Constant(Graphs.RandomTensors.Of(new Random(1), DType.Float32, [5, 7])));
        for (int i = 0; i < 2000; i++)
            y = b.Add(i % 2 == 0 ? new Clip(-2, 2) : new Neg(), y);
        Check(new Graph("chain", [x], [new("y", y)]));
    }

    [Fact]
    public void A_concatenation_of_many_computed_values_compiles()
    {
        var b = new GraphBuilder();
        var x = b.Input("x", Type);
        var parts = Enumerable.Range(0, 200).Select(i => b.Add(new Tanh(), b.Add(new Affine(1, i * 0.01), x))).ToArray();
        Check(new Graph("concat", [x], [new("y", b.Add(new Concat(1), parts))]));
    }

    [Fact]
    public void A_sum_of_many_values_compiles()
    {
        var b = new GraphBuilder();
        var x = b.Input("x", Type);
        var sum = x;
        for (int i = 0; i < 500; i++)
            sum = b.Add(new Add(), sum, b.Add(new Affine(0.01, i), b.Input($"x{i}", Type)));
        Check(new Graph("sum", [.. Graph.TopologicalOrder([sum]).Where(n => n.Op is Input).Select(n => n.Output)], [new("y", sum)]), 1e-4);
    }

    private static void Check(int length, Func<GraphBuilder, Value, int, Value> step)
    {
        var b = new GraphBuilder();
        var x = b.Input("x", Type);
        var y = x;
        for (int i = 0; i < length; i++)
            y = step(b, y, i);
        Check(new Graph("chain", [x], [new("y", y)]));
    }

    private static void Check(Graph graph, double tolerance = 1e-5)
    {
        var inputs = Compiled.RandomInputs(graph, 3);
        Compiled.AssertClose(Compiled.Exact(graph, inputs), Compiled.Run(graph, inputs, Compiled.Managed), tolerance, tolerance);
    }
}
