using Lathe.Tensors;

namespace Lathe.Tests.Formats.TensorFlow;

/// <summary>Operators that no recorded model has, against results worked out by hand.</summary>
public class RareOperatorTests
{
    /// <summary>Three boxes, of which the first two overlap by 9/11; two classes. Class 0 takes boxes 1 and 2, class 1 only box 0, as the others are too low.</summary>
    [Fact]
    public void DetectionsOfAllClassesAreMergedByTheirScores()
    {
        var graph = new TestGraph().Placeholder("boxes", DType.Float32, 1, 3, 1, 4).Placeholder("scores", DType.Float32, 1, 3, 2).Number("each", 2).Number("all", 4)
            .Const("overlap", Tensor.Scalar(0.5f)).Const("least", Tensor.Scalar(0.1f)).Add("CombinedNonMaxSuppression", "d", "boxes scores each all overlap least", ("clip_boxes", true));
        var boxes = Tensor.Of(Shape.Of(1, 3, 1, 4), 0f, 0, 1, 1, 0, 0.1f, 1, 1.1f, 0.5f, 2, 1, 3);
        var scores = Tensor.Of(Shape.Of(1, 3, 2), 0.6f, 0.7f, 0.9f, 0.05f, 0.3f, 0.1f);

        var outputs = graph.Run("d:0 d:1 d:2 d:3", ("boxes", boxes), ("scores", scores));

        Assert.Equal([0.9f, 0.7f, 0.3f, 0], outputs["d:1"].Span<float>().ToArray());
        Assert.Equal([0f, 1, 0, 0], outputs["d:2"].Span<float>().ToArray());
        Assert.Equal([3], outputs["d:3"].ToInt64Array());
        Assert.Equal([0f, 0.1f, 1, 1, 0, 0, 1, 1, 0.5f, 1, 1, 1, 0, 0, 0, 0], outputs["d"].Span<float>().ToArray());
    }

    /// <summary>Each class has boxes of its own: those of class 1 do not overlap.</summary>
    [Fact]
    public void DetectionsTakeTheBoxesOfTheirClass()
    {
        var graph = new TestGraph().Placeholder("boxes", DType.Float32, 2, 2, 2, 4).Placeholder("scores", DType.Float32, 2, 2, 2).Number("each", 5).Number("all", 9)
            .Const("overlap", Tensor.Scalar(0.5f)).Const("least", Tensor.Scalar(0f)).Add("CombinedNonMaxSuppression", "d", "boxes scores each all overlap least", ("clip_boxes", false), ("pad_per_class", true));
        float[] one = [0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3];
        float[] scores = [0.5f, 0.6f, 0.8f, 0.7f];

        var outputs = graph.Run("d:0 d:1 d:2 d:3", ("boxes", Tensor.Of<float>(Shape.Of(2, 2, 2, 4), [.. one, .. one])), ("scores", Tensor.Of<float>(Shape.Of(2, 2, 2), [.. scores, 0.1f, 0, 0, 0])));

        Assert.Equal(Shape.Of(2, 9), outputs["d:1"].Shape);
        Assert.Equal([0.8f, 0.7f, 0.6f], outputs["d:1"].Span<float>()[..3].ToArray());
        Assert.Equal([0f, 1, 1], outputs["d:2"].Span<float>()[..3].ToArray());
        Assert.Equal([0f, 0, 1, 1, 2, 2, 3, 3, 0, 0, 1, 1], outputs["d"].Span<float>()[..12].ToArray());
        Assert.Equal([3, 1], outputs["d:3"].ToInt64Array());
    }

    /// <summary>Half the size by triangles that are twice as wide: 1, 3, 3 and 1 eighths, without what lies outside.</summary>
    [Fact]
    public void ImagesAreScaledByKernels()
    {
        var graph = new TestGraph().Placeholder("x", DType.Float32, 1, 1, 6, 1).Ints("size", 1, 3).Floats("scale", 1, 0.5f).Floats("moved", 0, 0)
            .Add("ScaleAndTranslate", "y", "x size scale moved", ("kernel_type", "triangle"), ("antialias", true));

        double[] y = graph.Elements("y", ("x", Tensor.Of(Shape.Of(1, 1, 6, 1), 8f, 16, 24, 32, 40, 48)));

        Assert.Equal([((8 * 3) + (16 * 3) + 24) / 7.0, (16 + (24 * 3) + (32 * 3) + 40) / 8.0, (32 + (40 * 3) + (48 * 3)) / 7.0], y.Select(v => Math.Round(v, 4)), (a, b) => Math.Abs(a - b) < 1e-3);
    }

    [Fact]
    public void PixelsMovedInFromOutsideAreZero()
    {
        var graph = new TestGraph().Placeholder("x", DType.Float32, 1, 1, 3, 1).Ints("size", 1, 4).Floats("scale", 1, 1).Floats("moved", 0, 1)
            .Add("ScaleAndTranslate", "y", "x size scale moved", ("kernel_type", "lanczos3"), ("antialias", false));

        Assert.Equal([0, 5, 6, 7], graph.Elements("y", ("x", Tensor.Of(Shape.Of(1, 1, 3, 1), 5f, 6, 7))).Select(v => Math.Round(v, 4)));
    }

    [Fact]
    public void NumbersAreLookedUpInRows()
    {
        var graph = new TestGraph().Placeholder("rows", DType.Float32, 1, 4).Floats("flat", 1, 2, 9, 10).Ints("shape", 1, 4).Add("Reshape", "numbers", "flat shape")
            .Add("LowerBound", "low", "rows numbers").Add("UpperBound", "high", "rows numbers");

        var outputs = graph.Run("low high", ("rows", Tensor.Of(Shape.Of(1, 4), 1f, 2, 2, 9)));

        Assert.Equal([0, 1, 3, 4], outputs["low"].ToInt64Array());
        Assert.Equal([1, 3, 4, 4], outputs["high"].ToInt64Array());
    }

    [Fact]
    public void NumbersAreCountedByRows()
    {
        var graph = new TestGraph().Placeholder("x", DType.Int32, 2, 3).Number("size", 4).Floats("none").Add("DenseBincount", "y", "x size none").Add("DenseBincount", "z", "x size none", ("binary_output", true));

        var outputs = graph.Run("y z", ("x", Tensor.Of(Shape.Of(2, 3), 1, 1, 3, 0, 5, -1)));

        Assert.Equal([0, 2, 0, 1, 1, 0, 0, 0], outputs["y"].ToDoubleArray());
        Assert.Equal([0, 1, 0, 1, 1, 0, 0, 0], outputs["z"].ToDoubleArray());
    }

    [Fact]
    public void RowsOfATableAreCombinedBySegments()
    {
        var graph = new TestGraph().Placeholder("table", DType.Float32, 3, 2).Ints("rows", 2, 0, 2, 1).Ints("segments", 0, 0, 0, 2)
            .Add("SparseSegmentSum", "sum", "table rows segments").Add("SparseSegmentMean", "mean", "table rows segments").Add("SparseSegmentSqrtN", "root", "table rows segments");
        var table = ("table", Tensor.Of(Shape.Of(3, 2), 1f, 2, 3, 4, 5, 6));

        Assert.Equal([11, 14, 0, 0, 3, 4], graph.Elements("sum", table));
        Assert.Equal([11 / 3.0, 14 / 3.0, 0, 0, 3, 4], graph.Elements("mean", table), (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.Equal([11 / Math.Sqrt(3), 14 / Math.Sqrt(3), 0, 0, 3, 4], graph.Elements("root", table), (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void SparseMatricesMultiply()
    {
        var graph = new TestGraph().Const("places", Tensor.Of(Shape.Of(2, 2), 0L, 1, 1, 0)).Floats("values", 2, 3).Const("shape", Tensor.Vector(2L, 3)).Placeholder("b", DType.Float32, 3, 1)
            .Add("SparseTensorDenseMatMul", "y", "places values shape b");

        Assert.Equal([20, 15], graph.Elements("y", ("b", Tensor.Of(Shape.Of(3, 1), 5f, 10, 100))));
    }

    /// <summary>127 steps to 1.27: halves are rounded to even, or up; what lies outside the range is moved to its end.</summary>
    [Fact]
    public void RealsAreRoundedToStepsOfARange()
    {
        var graph = new TestGraph().Placeholder("x", DType.Float32, 4).Const("low", Tensor.Scalar(-1f)).Const("high", Tensor.Scalar(1.27f)).Number("bits", 8)
            .Add("QuantizeAndDequantizeV3", "y", "x low high bits", ("signed_input", true), ("range_given", true))
            .Add("QuantizeAndDequantizeV2", "z", "x low high", ("signed_input", true), ("range_given", true), ("num_bits", 8), ("round_mode", "HALF_UP"));
        var x = ("x", Tensor.Vector(0.126f, -0.5012f, 3f, -3f));

        Assert.Equal([0.13, -0.5, 1.27, -1.28], graph.Elements("y", x), (a, b) => Math.Abs(a - b) < 1e-5);
        Assert.Equal([0.13, -0.5, 1.27, -1.28], graph.Elements("z", x), (a, b) => Math.Abs(a - b) < 1e-5);
    }
}
