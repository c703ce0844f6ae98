using Lathe.Compilation;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using Lathe.Tests.Graphs;
using Lathe.Tests.Targets.Llvm;

namespace Lathe.Tests.Compilation;

/// <summary>Models that hardly compute anything, on both targets: outputs that are inputs, constants, views, empty or used twice.</summary>
public class OddModelTests
{
    public static TheoryData<string> Names => [.. Models.Keys];

    private static Dictionary<string, Func<GraphBuilder, Value[]>> Models { get; } = new()
    {
        ["an input is the output"] = b => [X(b, 2, 3)],
        ["an input is two outputs, one of another shape"] = b => [X(b, 2, 3), b.Add(new Reshape([6]), X(b, 2, 3))],
        ["a constant is the output, twice"] = b => [C(b, 2, 3), C(b, 2, 3), b.Add(new Relu(), X(b, 1))],
        ["a folded constant is the output"] = b => [b.Add(new Exp(), C(b, 5)), b.Add(new Reshape([1, 5]), b.Add(new Exp(), C(b, 5)))],
        ["a scalar"] = b => [b.Add(new Tanh(), X(b))],
        ["a scalar from a vector and back"] = b => [b.Add(new Add(), X(b, 7), b.Add(new ReduceSum([0], KeepDims: false), X(b, 7)))],
        ["no elements"] = b => [b.Add(new Relu(), X(b, 0, 3)), b.Add(new ReduceSum([0], KeepDims: false), X(b, 0, 3)), b.Add(new ReduceMax([1], KeepDims: true), X(b, 0, 3))],
        ["a product of nothing"] = b => [b.Add(new MatMul(), X(b, 2, 0), b.Constant(Tensor.Zeros(DType.Float32, [0, 3])))],
        ["a product of nothing with a bias and an activation"] = b => [b.Add(new Exp(), b.Add(new Add(), b.Add(new MatMul(), X(b, 2, 0), b.Constant(Tensor.Zeros(DType.Float32, [0, 3]))), C(b, 3)))],
        ["a product without rows"] = b => [b.Add(new Relu(), b.Add(new MatMul(), X(b, 0, 4), C(b, 4, 3)))],
        ["a concatenation with nothing"] = b => [b.Add(new Concat(1), X(b, 2, 3), b.Constant(Tensor.Zeros(DType.Float32, [2, 0])), C(b, 2, 2))],
        ["views of views"] = b =>
        {
            var y = b.Add(new Reshape([3, 2]), b.Add(new Reshape([6]), b.Add(new Neg(), X(b, 2, 3))));
            return [y, b.Add(new Transpose([1, 0]), y), b.Add(new Reshape([1, 6]), y), y.Node.Inputs[0]];
        },
        ["a result and what is made of it in place of it"] = b =>
        {
            var y = b.Add(new MatMul(), X(b, 5, 4), C(b, 4, 17));
            var z = b.Add(new Relu(), b.Add(new Reshape([85]), y));
            return [z, y, b.Add(new Reshape([17, 5]), z)];
        },
        ["an unused input"] = b => [b.Add(new Neg(), X(b, 3)), b.Input("unused", new(DType.Float64, [2]))],
        ["all element types as they are"] = b => [.. DTypes.All.Select(t => b.Add(new Identity(), b.Input($"{t}", new(t, [3]))))],
        ["both outputs of a node, one of them reshaped"] = b =>
        {
            var node = b.AddNode(new TopK(Axis: 1, K: 2), X(b, 4, 5));
            return [b.Add(new Reshape([8]), node.Outputs[1]), b.Add(new Neg(), node.Outputs[0])];
        },
        ["the second output of a node alone"] = b => [b.AddNode(new TopK(Axis: 1, K: 2), X(b, 4, 5)).Outputs[1]],
        ["padding that only the padded value is read of"] = b =>
        {
            var y = b.Add(new Pad([0, 1, 1, 0], [0, 1, 2, 0]), b.Add(new MatMul(), X(b, 1, 3, 4, 5), C(b, 5, 6)));
            return [y, b.Add(new Exp(), y)];
        },
        ["a product with itself"] = b => [b.Add(new MatMul(TransposeB: true), X(b, 9, 33), X(b, 9, 33)), b.Add(new MatMul(TransposeA: true), X(b, 9, 33), X(b, 9, 33))],
        ["a product with a bias that depends on the row"] = b => [b.Add(new Mul(), b.Add(new Add(), b.Add(new MatMul(), X(b, 3, 9, 5), C(b, 5, 18)), X2(b, 9, 1)), X3(b, 3, 1, 1))],
        ["a product that is broadcast afterwards"] = b => [b.Add(new Add(), b.Add(new MatMul(), X(b, 1, 4), C(b, 4, 17)), X2(b, 6, 17))],
        ["integers multiplied in matrices"] = b =>
        {
            var weights = Tensor.Zeros(DType.Int32, [9, 20]);
            for (int i = 0; i < weights.Count; i++)
                weights.SetInt64(i, (i * 7919 % 13) - 6);
            return [b.Add(new Clip(-40, 40), b.Add(new MatMul(), b.Input("i", new(DType.Int32, [5, 9])), b.Constant(weights)))];
        },
        ["doubles multiplied in matrices"] = b => [b.Add(new Tanh(), b.Add(new MatMul(), b.Input("d", new(DType.Float64, [5, 9])), b.Input("e", new(DType.Float64, [9, 19]))))],
        ["half-width images"] = b =>
        {
            var weights = b.Constant(RandomTensors.Of(new Random(3), DType.Float16, [6, 3, 3, 3], -0.2, 0.2));
            var window = Window.Of(3, 3) with { PadsBefore = [1, 1], PadsAfter = [1, 1] };
            return [b.Add(new Relu(), b.Add(new Conv(window, 1, Layout.ChannelsFirst), b.Input("h", new(DType.Float16, [1, 3, 7, 7])), weights))];
        },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Managed_code_gives_the_evaluated_values(string name) => Check(name, Compiled.Managed, threads: 2);

    [LlvmFact]
    public void Native_code_gives_the_evaluated_values() => Assert.All(Models.Keys, name => Check(name, Compiled.Native, threads: 2));

    private static Value X(GraphBuilder b, params long[] shape) => b.Input("x", new(DType.Float32, Shape.Of(shape)));

    private static Value X2(GraphBuilder b, params long[] shape) => b.Input("x2", new(DType.Float32, Shape.Of(shape)));

    private static Value X3(GraphBuilder b, params long[] shape) => b.Input("x3", new(DType.Float32, Shape.Of(shape)));

    private static Value C(GraphBuilder b, params long[] shape) => b.Constant(RandomTensors.Of(new Random(9), DType.Float32, shape, -1, 1));

    private static void Check(string name, Target target, int threads)
    {
        var values = Models[name](new GraphBuilder());
        var inputs = Graph.TopologicalOrder(values).Where(n => n.Op is Input).Select(n => n.Output).ToArray();
        var graph = new Graph("odd", inputs, values.Select((v, i) => new GraphOutput($"{name}: y{i}", v)));
        var tensors = Compiled.RandomInputs(graph, 21);
        // Sums of at most 33 products below 1 in f32.
        Compiled.AssertClose(Compiled.Exact(graph, tensors), Compiled.Run(graph, tensors, target, threads), rtol: 1e-5, atol: 1e-5);
    }
}
