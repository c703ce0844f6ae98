using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;
using Lathe.Tensors;
using Lathe.Tests.Compilation;

namespace Lathe.Tests.Graphs.Passes;

public class StoreUnsignedTests
{
    [Fact]
    public void Signed_bytes_between_products_become_unsigned()
    {
        var graph = Network(readsBytes: false);

        var moved = new StoreUnsigned().Run(graph);

        Assert.DoesNotContain(moved.Nodes, n => n.Output.Element == DType.Int8 && n.Op is not (Input or Constant));
        var inputs = Compiled.RandomInputs(graph, 3);
        Compiled.AssertClose(new GraphEvaluator().Run(graph, inputs), new GraphEvaluator().Run(moved, inputs), rtol: 0, atol: 0);
    }

    [Fact]
    public void Bytes_that_something_else_reads_stay_as_they_are()
    {
        var graph = Network(readsBytes: true);

        Assert.Same(graph, new StoreUnsigned().Run(graph));
    }

    /// <summary>Bytes that a convolution reads with padding around them, a product after a reshape, a sum, and at times a maximum.</summary>
    private static Graph Network(bool readsBytes)
    {
        var random = new Random(5);
        var b = new GraphBuilder();
        Value Bytes(params long[] shape) => b.Constant(RandomTensors.Of(random, DType.Int8, shape, -128, 127));
        var x = b.Input("x", new(DType.Int32, Shape.Of(1, 5, 4, 8)));
        var y = b.Add(new Cast(DType.Int8), b.Add(new Clip(-100, 127), b.Add(new Clip(-300, 300), x)));
        var padded = b.Add(new Pad([0, 1, 1, 0], [0, 1, 1, 0], PadMode.Constant, -3), y);
        var conv = b.Add(new Conv(Window.Of(3, 3), 1, Layout.ChannelsLast) { Sum = DType.Int32 }, padded, Bytes(3, 3, 8, 6));
        var depthwise = b.Add(new Conv(Window.Of(3, 3), 8, Layout.ChannelsLast) { Sum = DType.Int32 }, padded, Bytes(3, 3, 1, 8));
        var product = b.Add(new MatMul { Sum = DType.Int32 }, b.Add(new Reshape([20, 8]), y), Bytes(8, 5));
        var turned = b.Add(new MatMul { TransposeB = true, Sum = DType.Int32 }, b.Add(new Reshape([20, 8]), y), Bytes(5, 8));
        var wide = b.Add(new Cast(DType.Int32), y);
        GraphOutput[] outputs = [new("conv", conv), new("depthwise", depthwise), new("product", product), new("turned", turned), new("wide", wide)];
        return new Graph("bytes", [x], readsBytes ? [.. outputs, new("least", b.Add(new ReduceMax([3], KeepDims: true), y))] : outputs);
    }
}
