using Lathe.Formats;
using Lathe.Formats.TFLite;
using Lathe.Formats.TFLite.Reading;
using Lathe.Formats.TFLite.Writing;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using static Lathe.Formats.TFLite.Reading.BuiltinOperator;

namespace Lathe.Tests.Formats.TFLite;

public class TFLiteImporterTests
{
    [Fact]
    public void KeepsNamesAndLayout()
    {
        var graph = new TestModel().Input("image", 1, 4, 4, 2)
            .Floats("w", [3, 2, 2, 2], [.. Enumerable.Range(0, 24).Select(i => i * 0.1f)]).Floats("b", [3], 1, 2, 3)
            .Node(CONV_2D, "image w b", "features", new() { { 0, (byte)1 }, { 1, 1 }, { 2, 2 }, { 3, (byte)1 } })
            .Output("features").Import();

        Assert.Equal("image", ((Input)graph.Inputs[0].Op).InputName);
        Assert.Equal("features", graph.Outputs[0].Name);
        Assert.Equal(Shape.Of(1, 2, 3, 3), graph.Outputs[0].Value.Shape);
        Assert.DoesNotContain(graph.Nodes, n => n.Op is Transpose);
        Assert.IsType<Relu>(graph.Outputs[0].Value.Op);
    }

    [Fact]
    public void ConvolvesAsWritten()
    {
        // One channel in, two out: the sum of the window, and its lower right element.
        var y = new TestModel().Input("x", 1, 2, 2, 1).Floats("w", [2, 2, 2, 1], 1, 1, 1, 1, 0, 0, 0, 1)
            .Node(CONV_2D, "x w -", "y", new() { { 1, 1 }, { 2, 1 } }).Output("y").Run(Tensor.Of(Shape.Of(1, 2, 2, 1), 1f, 2, 3, 4));

        Assert.Equal(new float[] { 10, 4, 6, 0, 7, 0, 4, 0 }, y.Span<float>().ToArray());
    }

    [Fact]
    public void OpenExtentsTakeWhatTheUserGives()
    {
        var model = new TestModel().Input("x", LiteType.Float32, [1, 3], signature: [-1, 3]).Node(RELU, "x", "y").Output("y");

        Assert.Equal(Shape.Of(1, 3), model.Import().Outputs[0].Value.Shape);
        Assert.Equal(Shape.Of(5, 3), model.Import(new() { InputShapes = InputShapes.Parse("x:[5,3]") }).Outputs[0].Value.Shape);
        Assert.Equal("LATHE3002", Assert.Throws<ModelException>(() => model.Import(new() { InputShapes = InputShapes.Parse("z:[5,3]") })).Code);
    }

    [Fact]
    public void HalfWidthWeightsAreFolded()
    {
        var graph = new TestModel().Input("x", 1, 2).Stored("h", LiteType.Float16, Tensor.Of(Shape.Of(1, 2), (Half)0.5f, (Half)2f))
            .Node(DEQUANTIZE, "h", "w").Node(FULLY_CONNECTED, "x w -", "y").Output("y").Import();

        Assert.Equal(DType.Float32, graph.Outputs[0].Value.Node.Inputs[1].Constant!.Type);
    }

    [Fact]
    public void AllThatIsUnsupportedIsListed()
    {
        var model = new TestModel().Input("x", 2).Node(LSH_PROJECTION, "x", "a").Node(CUSTOM, "x", "b", custom: "MyOp").Node(ADD, "a b", "y").Output("y");

        var error = Assert.Throws<UnsupportedException>(() => model.Import());
        Assert.Equal(
            new[] { "operator 0 'a' (LSH_PROJECTION, version 1): the operator is not supported", "operator 1 'b' (MyOp, version 1): the operator is not supported" },
            error.Places);
    }

    /// <summary>Padding is 1 for SAME and 2 for VALID there; strides are 2 along width and 3 along height.</summary>
    [Theory]
    [InlineData(1, 0, 12, 10)]
    [InlineData(2, 1, 12, 11)]
    public void MediaPipesTransposedConvolutionIsTheBuiltinOneWithABias(int padding, byte builtinPadding, int height, int width)
    {
        byte[] options = [.. new[] { padding, 2, 3 }.SelectMany(BitConverter.GetBytes)];
        var model = new TestModel().Input("x", 1, 4, 5, 3).Floats("w", [2, 3, 3, 3], [.. Enumerable.Range(0, 54).Select(i => (i % 7) - 2f)]).Floats("b", [2], 1, -1).Ints("shape", 1, height, width, 2)
            .Node(CUSTOM, "x w b", "a", custom: "Convolution2DTransposeBias", customOptions: options)
            .Node(TRANSPOSE_CONV, "shape w x b", "c", new() { { 0, builtinPadding }, { 1, 2 }, { 2, 3 } }).Node(SUB, "a c", "y").Output("a").Output("y");
        var x = Tensor.Of(Shape.Of(1, 4, 5, 3), [.. Enumerable.Range(0, 60).Select(i => (i % 11) - 5f)]);

        var outputs = new GraphEvaluator().Run(model.Import(), new Dictionary<string, Tensor> { ["x"] = x });

        Assert.Equal(Shape.Of(1, height, width, 2), outputs["a"].Shape);
        Assert.All(outputs["y"].ToDoubleArray(), difference => Assert.Equal(0, difference));
        Assert.Contains(outputs["a"].ToDoubleArray(), value => Math.Abs(value) > 2);
    }

    [Fact]
    public void OperatorsThatNothingReadsDoNoHarm() =>
        Assert.Single(new TestModel().Input("x", 2).Node(SKIP_GRAM, "x", "unused").Node(RELU, "x", "y").Output("y").Import().Outputs);

    [Fact]
    public void SignaturesNameInputsAndOutputs()
    {
        var model = new TestModel().Input("serving_x:0", 2).Node(RELU, "serving_x:0", "StatefulPartitionedCall:0").Output("StatefulPartitionedCall:0");
        FlatNode Signature(string key, uint output) => new()
        {
            { 0, new FlatNode[] { new() { { 0, "x" }, { 1, 0u } } } }, { 1, new FlatNode[] { new() { { 0, "y" }, { 1, output } } } }, { 2, key }, { 4, 0u },
        };
        model.Root.Add(7, new[] { Signature("serving_default", 1), Signature("other", 0) });

        var graph = model.Import(new() { Signature = "serving_default" });
        Assert.Equal("x", ((Input)graph.Inputs[0].Op).InputName);
        Assert.Equal("y", graph.Outputs[0].Name);
        Assert.Equal("serving_x:0", ((Input)model.Import().Inputs[0].Op).InputName);
        Assert.Equal("LATHE3240", Assert.Throws<ModelException>(() => model.Import(new() { Signature = "train" })).Code);
        Assert.Equal("LATHE3242", Assert.Throws<ModelException>(() => model.Import(new() { Signature = "other" })).Code);
    }

    [Fact]
    public void InputsWithAValueAreConstants()
    {
        var model = new TestModel().Input("x", 2, 3).Ints("order", 1, 0).Node(TRANSPOSE, "x order", "y").Output("y").AsInput("order");

        Assert.Single(model.Import().Inputs);
        Assert.Equal(Shape.Of(3, 2), model.Import().Outputs[0].Value.Shape);
    }

    [Fact]
    public void OtherFilesAreRefused()
    {
        Assert.Equal("LATHE3201", Assert.Throws<ModelException>(() => TFLiteImporter.Import(Array.Empty<byte>())).Code);
        Assert.Equal("LATHE3200", Assert.Throws<ModelException>(() => TFLiteImporter.Import(new byte[] { 255, 255, 255, 127, (byte)'T', (byte)'F', (byte)'L', (byte)'3', 0, 0 })).Code);
    }

    /// <summary>0.75 needs no shift, so that the product alone is rounded, halves up: 1.5 to 2, -1.5 to -1, 94.5 to 95.</summary>
    [Fact]
    public void RequantizesWithTheKernelsRounding()
    {
        var y = new TestModel().Input("x", LiteType.Int8, [4], scale: 0.75f, zeroPoint: 1).Value("y", LiteType.Int8, [4], scale: 1, zeroPoint: -1)
            .Node(QUANTIZE, "x", "y").Output("y").Run(Tensor.Of(Shape.Of(4), (sbyte)3, (sbyte)-1, (sbyte)127, (sbyte)-128));

        Assert.Equal(new sbyte[] { 1, -2, 94, -98 }, y.Span<sbyte>().ToArray());
    }

    [Fact]
    public void IntegersStayIntegers()
    {
        var graph = new TestModel().Input("x", LiteType.Int8, [1, 2, 2, 2], scale: 0.5f)
            .Stored("w", LiteType.Int8, Tensor.Of(Shape.Of(2, 1, 1, 2), (sbyte)1, (sbyte)2, (sbyte)3, (sbyte)4), [0.5f, 0.25f], [0, 0])
            .Stored("b", LiteType.Int32, Tensor.Vector(1, -1)).Value("y", LiteType.Int8, [1, 2, 2, 2], scale: 1, zeroPoint: 3)
            .Node(CONV_2D, "x w b", "y", new() { { 0, (byte)1 }, { 1, 1 }, { 2, 1 } }).Output("y").Import();

        Assert.DoesNotContain(graph.Nodes, n => n.Outputs.Any(o => o.Element.IsFloat));
        Assert.Contains(graph.Nodes, n => n.Op is ConvInteger);
        Assert.Equal(DType.Int8, graph.Outputs[0].Value.Element);
    }

    [Theory]
    [InlineData(new[] { 1, 0 }, new[] { 2, 3 }, new[] { 1, 2 }, 0, 0, 0, new float[] { 4, 6 })]
    [InlineData(new[] { 0, -1 }, new[] { 0, -4 }, new[] { 1, -1 }, 1, 1, 0, new float[] { 3, 2, 1, 6, 5, 4 })]
    [InlineData(new[] { 0, 1 }, new[] { 2, 2 }, new[] { 1, 1 }, 0, 0, 2, new float[] { 2, 5 })]
    public void SlicesAsPythonDoes(int[] begin, int[] end, int[] strides, int beginMask, int endMask, int shrink, float[] expected)
    {
        var y = new TestModel().Input("x", 2, 3).Ints("begin", begin).Ints("end", end).Ints("strides", strides)
            .Node(STRIDED_SLICE, "x begin end strides", "y", new() { { 0, beginMask }, { 1, endMask }, { 4, shrink } }).Output("y")
            .Run(Tensor.Of(Shape.Of(2, 3), 1f, 2, 3, 4, 5, 6));

        Assert.Equal(expected, y.Span<float>().ToArray());
    }
}
