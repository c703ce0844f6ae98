using Lathe.Formats.TFLite.Reading;
using Lathe.Formats.TFLite.Writing;
using Lathe.Graphs.Evaluation;
using Lathe.Peers;
using Lathe.Tensors;
using static Lathe.Formats.TFLite.Reading.BuiltinOperator;

namespace Lathe.Tests.Formats.TFLite;

/// <summary>Spectra, against TensorFlow Lite's own library.</summary>
public class SpectrumTests
{
    [TfLiteRuntimeTheory]
    [InlineData(1, 10, 1, 16)]
    [InlineData(1, 20, 1, 16)]
    [InlineData(5, 8, 4, 8)]
    [InlineData(3, 8, 8, 4)]
    public void AgreesWithTensorFlowLite(int rows, int columns, int height, int width)
    {
        int bins = (width / 2) + 1;
        var model = new TestModel().Input("x", 2, rows, columns).Ints("length", height, width).Value("f", LiteType.Complex64, [2, height, bins]).Value("r", LiteType.Complex64, [2, height * bins])
            .Ints("shape", 2, height * bins).Value("re", LiteType.Float32, [2, height * bins]).Value("im", LiteType.Float32, [2, height * bins]).Value("abs", LiteType.Float32, [2, height, bins])
            .Node(RFFT2D, "x length", "f").Node(REAL, "f", "re").Node(IMAG, "f", "im").Node(COMPLEX_ABS, "f", "abs").Output("re").Output("im").Output("abs");
        var random = new Random(rows + width);
        var x = Tensor.Of<float>(Shape.Of(2, rows, columns), [.. Enumerable.Range(0, 2 * rows * columns).Select(_ => (float)((random.NextDouble() * 2) - 1))]);

        using var session = new TfLite().Load(model.Bytes);
        var expected = session.Run([x]);
        var actual = new GraphEvaluator().Run(model.Import(), new Dictionary<string, Tensor> { ["x"] = x });
        foreach (var (name, reference) in new[] { "re", "im", "abs" }.Zip(expected))
            foreach (var (a, b) in actual[name].ToDoubleArray().Zip(reference.ToDoubleArray()))
                Assert.Equal(b, a, 2e-5);
    }

    [Fact]
    public void SpectraAreMovedInBothParts()
    {
        var model = new TestModel().Input("x", 1, 4).Ints("length", 1, 4).Value("f", LiteType.Complex64, [1, 3]).Value("t", LiteType.Complex64, [3, 1]).Value("s", LiteType.Complex64, [3]).Ints("order", 1, 0).Ints("shape", 3)
            .Node(RFFT2D, "x length", "f").Node(TRANSPOSE, "f order", "t").Node(RESHAPE, "t shape", "s").Node(IMAG, "s", "y").Output("y");

        var y = model.Run(Tensor.Of(Shape.Of(1, 4), 1f, 2, 4, 8));

        Assert.Equal(Shape.Of(3), y.Shape);
        Assert.Equal([0, 6, 0], y.ToDoubleArray().Select(v => Math.Round(v, 4)));
    }

    [Fact]
    public void ComplexOutputsAreRefused()
    {
        var model = new TestModel().Input("x", 1, 4).Ints("length", 1, 4).Value("f", LiteType.Complex64, [1, 3]).Node(RFFT2D, "x length", "f").Output("f");

        Assert.Contains("complex", string.Join(" ", Assert.Throws<UnsupportedException>(() => model.Import()).Places), StringComparison.Ordinal);
    }

    [Fact]
    public void ElementsAreMovedApart()
    {
        var y = new TestModel().Input("x", 2, 2).Ints("apart", 1, 3).Floats("between", [], 9).Node(DILATE, "x apart between", "y").Output("y").Run(Tensor.Of(Shape.Of(2, 2), 1f, 2, 3, 4));

        Assert.Equal(Shape.Of(2, 4), y.Shape);
        Assert.Equal([1, 9, 9, 2, 3, 9, 9, 4], y.ToDoubleArray());
    }

    [TfLiteRuntimeFact]
    public void LookUpsAgreeWithTensorFlowLite()
    {
        var model = new TestModel().Input("asked", LiteType.Int32, [4]).Ints("keys", -11, 7, 1234).Floats("rows", [3, 2], 1, 2, 3, 4, 5, 6).Value("y", LiteType.Float32, [4, 2]).Value("hits", LiteType.UInt8, [4])
            .Node(HASHTABLE_LOOKUP, "asked keys rows", "y hits").Output("y").Output("hits");
        var asked = Tensor.Vector(1234, -292, -11, 0);

        using var session = new TfLite().Load(model.Bytes);
        var expected = session.Run([asked]);
        var actual = new GraphEvaluator().Run(model.Import(), new Dictionary<string, Tensor> { ["asked"] = asked });
        Assert.Equal(expected[0].ToDoubleArray(), actual["y"].ToDoubleArray());
        Assert.Equal(expected[1].ToInt64Array(), actual["hits"].ToInt64Array());
    }

    [Fact]
    public void CompositesAreWhatTheirGraphSays()
    {
        var inner = new TestModel().Input("a", 2).Input("b", 2).Node(MUL, "a b", "c").Output("c");
        var model = new TestModel().Input("x", 2).Node(MUL, "x x", "unused").Node(STABLEHLO_COMPOSITE, "x x", "y", new FlatNode { { 0, "odml.square" }, { 1, 1 } }).Output("y");
        model.MoreGraphs.Add(inner.Graph);

        Assert.Equal([9, 16], model.Run(Tensor.Vector(3f, 4f)).ToDoubleArray());
    }
}
