using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;
using Lathe.Graphs.Passes.Rules;
using Lathe.Tensors;

namespace Lathe.Tests.Graphs.Passes;

public sealed class ConvTransposeAsConvTests
{
    public static TheoryData<int, long, long, long, long, long> Cases => new()
    {
        // rank, kernel, stride, pad before, pad after, output padding
        { 1, 4, 2, 1, 1, 0 },
        { 1, 2, 3, 0, 0, 0 },
        { 2, 3, 2, 1, 1, 1 },
        { 2, 9, 3, 4, 4, 2 },
        { 2, 9, 3, 3, 3, 0 },
        { 1, 6, 2, 2, 5, 1 },
        { 1, 3, 2, 4, 0, 0 },
        { 2, 5, 1, 2, 0, 0 },
        { 2, 2, 2, 0, 0, 0 },
        { 3, 3, 2, 1, 0, 0 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void MakesTheSameValues(int rank, long kernel, long stride, long before, long after, long outputPadding)
    {
        EquatableArray<long> All(long value) => Enumerable.Repeat(value, rank).ToEquatableArray();
        var random = new Random(7);
        Tensor Random(params long[] shape)
        {
            var tensor = Tensor.Zeros(DType.Float32, Shape.Of(shape));
            foreach (ref float f in tensor.Span<float>())
                f = (float)((random.NextDouble() * 2) - 1);
            return tensor;
        }

        var x = Random([2, .. Enumerable.Range(4, rank).Select(e => (long)e), 3]);
        var b = new GraphBuilder();
        var input = b.Input("x", new TensorType(x.Type, x.Shape));
        var op = new ConvTranspose(new Window(All(kernel), All(stride), All(before), All(after), All(1)), All(outputPadding), 1, Layout.ChannelsLast);
        var weights = b.Constant(Random([.. All(kernel), 3, 5]));
        var graph = new Graph("g", [input], [new GraphOutput("y", b.Add(op, input, weights))]);

        var rewritten = new RewritePass("test", new ConvTransposeAsConv()).Run(graph);

        Assert.DoesNotContain(rewritten.Nodes, n => n.Op is ConvTranspose);
        Assert.Contains(rewritten.Nodes, n => n.Op is Conv);
        var inputs = new Dictionary<string, Tensor> { ["x"] = x };
        var expected = new GraphEvaluator().Run(graph, inputs)["y"];
        var actual = new GraphEvaluator().Run(rewritten, inputs)["y"];
        var comparison = TensorComparison.Of(actual, expected, 1e-5, 1e-5);
        Assert.True(comparison.Mismatches == 0, comparison.ToString());
    }
}
