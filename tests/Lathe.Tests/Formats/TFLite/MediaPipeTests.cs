using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using static Lathe.Formats.TFLite.Reading.BuiltinOperator;

namespace Lathe.Tests.Formats.TFLite;

/// <summary>MediaPipe's own operators, against plain loops that do what its kernels do.</summary>
public class MediaPipeTests
{
    private static readonly (string Name, object Value)[] Part =
    [
        ("left_rotation_idx", 1), ("right_rotation_idx", 3), ("output_width", 6), ("output_height", 4), ("scale_x", 1.5f), ("scale_y", 1.25f), ("subset_idxs", new[] { 0, 1, 3, 4, 5 }),
        ("target_rotation_radians", 0.3f),
    ];

    [Fact]
    public void MatricesLeadFromAPartAroundPointsToTheWhole()
    {
        var points = Filled([1, 6, 3], 3, 20);
        var matrix = new TestModel().Input("points", 1, 6, 3)
            .Node(CUSTOM, "points", "y", custom: "Landmarks2TransformMatrix", version: 2, customOptions: FlexBytes.Of(Part)).Output("y").Run(points);

        (double X, double Y) Point(int i) => (points.GetDouble(3 * i), points.GetDouble((3 * i) + 1));
        double r = 0.3f - Math.Atan2(Point(3).Y - Point(1).Y, Point(3).X - Point(1).X);
        static (double X, double Y) Turn((double X, double Y) p, double r) => ((p.X * Math.Cos(r)) - (p.Y * Math.Sin(r)), (p.X * Math.Sin(r)) + (p.Y * Math.Cos(r)));
        var turned = new[] { 0, 1, 3, 4, 5 }.Select(i => Turn(Point(i), r)).ToArray();
        var (left, right, top, bottom) = (turned.Min(p => p.X), turned.Max(p => p.X), turned.Min(p => p.Y), turned.Max(p => p.Y));
        var centre = Turn(((left + right) / 2, (top + bottom) / 2), -r);
        for (int i = 0; i < 12; i++)
        {
            // A pixel of the part lies so far from its middle, along axes that are turned back.
            var (column, row) = (i % 4, i / 4);
            var (x, y) = Turn(((column - 3) * 1.5 * (right - left) / 6, (row - 2) * 1.25 * (bottom - top) / 4), -r);
            double Moved(int axis) => (matrix.GetDouble(axis * 4) * column) + (matrix.GetDouble((axis * 4) + 1) * row) + matrix.GetDouble((axis * 4) + 3);
            Assert.Equal(centre.X + x, Moved(0), 1e-4);
            Assert.Equal(centre.Y + y, Moved(1), 1e-4);
        }
        Assert.Equal(new double[] { 0, 0, 1, 0, 0, 0, 0, 1 }, matrix.ToDoubleArray()[8..]);
    }

    [Fact]
    public void PointsThatLieOnOneAnotherHaveNoDirection()
    {
        var matrix = new TestModel().Input("points", 1, 6, 3)
            .Node(CUSTOM, "points", "y", custom: "Landmarks2TransformMatrix", version: 2, customOptions: FlexBytes.Of(Part)).Output("y").Run(Tensor.Zeros(DType.Float32, [1, 6, 3]));

        Assert.All(matrix.ToDoubleArray()[..8], element => Assert.Equal(0, element));
    }

    [Fact]
    public void PointsOfAPartBecomePointsOfTheWhole()
    {
        var matrix = Filled([1, 4, 4], 5, 1);
        foreach (int dimensions in new[] { 2, 3 })
        {
            var points = Filled([1, 5, dimensions], 7, 10);
            var y = new TestModel().Input("points", 1, 5, dimensions).Input("matrix", 1, 4, 4)
                .Node(CUSTOM, "points matrix", "y", custom: "TransformLandmarks", version: 2).Output("y").Run(points, matrix);

            Assert.Equal(points.Shape, y.Shape);
            for (int i = 0; i < 5; i++)
            {
                for (int axis = 0; axis < 2; axis++)
                {
                    double expected = (matrix.GetDouble(axis * 4) * points.GetDouble(i * dimensions)) + (matrix.GetDouble((axis * 4) + 1) * points.GetDouble((i * dimensions) + 1)) + matrix.GetDouble((axis * 4) + 3);
                    Assert.Equal(expected, y.GetDouble((i * dimensions) + axis), 1e-5);
                }
                if (dimensions == 3)
                    Assert.Equal(points.GetDouble((i * 3) + 2), y.GetDouble((i * 3) + 2));
            }
        }
    }

    [Fact]
    public void PartsOfImagesAreSampledAtTheirPixelsCentres()
    {
        var image = Filled([1, 7, 9, 2], 9, 1);
        float[] matrix = [1.137f, 0.313f, 0, -0.779f, -0.231f, 0.917f, 0, 1.173f, 0, 0, 1, 0, 0, 0, 0, 1];
        var y = new TestModel().Input("image", 1, 7, 9, 2).Floats("matrix", [1, 4, 4], matrix)
            .Node(CUSTOM, "image matrix", "y", custom: "TransformTensorBilinear", version: 2, customOptions: FlexBytes.Of(("output_height", 6), ("output_width", 8))).Output("y").Run(image);

        Assert.Equal(Shape.Of(1, 6, 8, 2), y.Shape);
        int outside = 0;
        for (int i = 0; i < 48; i++)
        {
            var (column, row) = ((i % 8) + 0.5, (i / 8) + 0.5);
            double x = (matrix[0] * column) + (matrix[1] * row) + matrix[3] - 0.5, down = (matrix[4] * column) + (matrix[5] * row) + matrix[7] - 0.5;
            bool isInside = x >= 0 && x <= 8 && down >= 0 && down <= 6;
            outside += isInside ? 0 : 1;
            for (int channel = 0; channel < 2; channel++)
                Assert.Equal(isInside ? Sampled(image, x, down, channel) : 0, y.GetDouble((i * 2) + channel), 1e-5);
        }
        Assert.InRange(outside, 5, 40);
    }

    [Fact]
    public void ResamplerTakesPixelsOutsideAsZero()
    {
        var (image, places) = (Filled([2, 4, 5, 3], 11, 1), Filled([2, 4, 5, 2], 13, 7));
        var y = new TestModel().Input("image", 2, 4, 5, 3).Input("places", 2, 4, 5, 2).Node(CUSTOM, "image places", "y", custom: "Resampler").Output("y").Run(image, places);

        Assert.Equal(image.Shape, y.Shape);
        for (int i = 0; i < 40; i++)
            for (int channel = 0; channel < 3; channel++)
                Assert.Equal(Sampled(image, places.GetDouble(2 * i), places.GetDouble((2 * i) + 1), channel, i / 20), y.GetDouble((i * 3) + channel), 1e-5);
    }

    /// <summary>A window, padding (1 is SAME, 2 VALID), strides, and whether what was taken can be put back to where it was.</summary>
    [Theory]
    [InlineData(1, 2, 2, 2, 2, true)]
    [InlineData(2, 2, 2, 2, 2, true)]
    [InlineData(2, 2, 3, 2, 3, true)]
    [InlineData(1, 2, 1, 3, 3, false)]
    public void PoolingSaysWhereItFoundWhat(int padding, int strideWidth, int strideHeight, int width, int height, bool goesBack)
    {
        byte[] options = [.. new[] { padding, strideWidth, strideHeight, width, height, 0 }.SelectMany(BitConverter.GetBytes)];
        var model = new TestModel().Input("x", 1, 6, 4, 2).Node(CUSTOM, "x", "y at", custom: "MaxPoolingWithArgmax2D", customOptions: options).Output("y").Output("at");
        if (goesBack)
            model.Node(CUSTOM, "y at", "back", custom: "MaxUnpooling2D", customOptions: options).Output("back");
        var x = Filled([1, 6, 4, 2], 17, 8);

        var outputs = new GraphEvaluator().Run(model.Import(), new Dictionary<string, Tensor> { ["x"] = x });
        var (y, at) = (outputs["y"], outputs["at"]);
        var expected = new double[48];
        for (int i = 0; i < y.Count; i++)
        {
            var (column, row, channel) = (i / 2 % (int)y.Shape[2].Value, i / 2 / (int)y.Shape[2].Value, i % 2);
            int place = (int)at.GetDouble(i);
            Assert.Equal(0.1, at.GetDouble(i) - place, 1e-5);
            int before = padding == 1 ? Math.Max(0, ((((int)y.Shape[1].Value - 1) * strideHeight) + height - 6) / 2) : 0;
            int left = padding == 1 ? Math.Max(0, ((((int)y.Shape[2].Value - 1) * strideWidth) + width - 4) / 2) : 0;
            int from = (((((row * strideHeight) - before + (place / width)) * 4) + (column * strideWidth) - left + (place % width)) * 2) + channel;
            Assert.Equal(x.GetDouble(from), y.GetDouble(i));
            expected[from] = y.GetDouble(i);
        }
        if (goesBack)
            Assert.Equal(expected, outputs["back"].ToDoubleArray());
    }

    private static double Sampled(Tensor image, double x, double y, int channel, int batch = 0)
    {
        var (height, width, channels) = ((int)image.Shape[1].Value, (int)image.Shape[2].Value, (int)image.Shape[3].Value);
        double sum = 0;
        for (int row = (int)Math.Floor(y); row <= Math.Floor(y) + 1; row++)
            for (int column = (int)Math.Floor(x); column <= Math.Floor(x) + 1; column++)
                if (row >= 0 && row < height && column >= 0 && column < width)
                    sum += (1 - Math.Abs(x - column)) * (1 - Math.Abs(y - row)) * image.GetDouble((((((batch * height) + row) * width) + column) * channels) + channel);
        return sum;
    }

    private static Tensor Filled(long[] shape, int seed, double range)
    {
        var random = new Random(seed);
        return Tensor.Of<float>(Shape.Of(shape), [.. Enumerable.Range(0, (int)Shape.Of(shape).ElementCount).Select(_ => (float)((random.NextDouble() - 0.2) * range))]);
    }
}
