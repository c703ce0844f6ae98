using System.Numerics;
using Lathe.Graphs.Evaluation;
using Lathe.Tensors;

namespace Lathe.Tests.Formats.TensorFlow;

/// <summary>Transforms and complex numbers, against sums written out.</summary>
public class SpectrumTests
{
    [Theory]
    [InlineData(6, 8)]
    [InlineData(8, 8)]
    [InlineData(9, 7)]
    public void SpectraOfRealsAreTheirFirstHalf(int extent, int length)
    {
        float[] x = Filled(3 * extent, 1);
        var graph = new TestGraph().Placeholder("x", DType.Float32, 3, extent).Ints("length", length).Add("RFFT", "f", "x length").Add("Real", "re", "f").Add("Imag", "im", "f")
            .Add("ComplexAbs", "abs", "f").Add("Angle", "angle", "f").Add("IRFFT", "back", "f length");

        var outputs = graph.Run("re im abs angle back", ("x", Tensor.Of(Shape.Of(3, extent), x)));

        Assert.Equal(Shape.Of(3, (length / 2) + 1), outputs["re"].Shape);
        for (int row = 0; row < 3; row++)
        {
            Complex[] line = [.. Enumerable.Range(0, length).Select(i => i < extent ? new Complex(x[(row * extent) + i], 0) : 0)];
            for (int bin = 0; bin <= length / 2; bin++)
            {
                var expected = Sum(line, bin, -1);
                int at = (row * ((length / 2) + 1)) + bin;
                Near(expected.Real, outputs["re"], at);
                Near(expected.Imaginary, outputs["im"], at);
                Near(expected.Magnitude, outputs["abs"], at);
                Assert.Equal(0, (expected / Complex.FromPolarCoordinates(Math.Max(1e-9, expected.Magnitude), outputs["angle"].GetDouble(at))).Imaginary, 1e-3);
            }
            for (int i = 0; i < length; i++)
                Near(line[i].Real, outputs["back"], (row * length) + i);
        }
    }

    [Fact]
    public void PlanesAreTransformedAlongBothAxes()
    {
        var (re, im) = (Filled(2 * 3 * 4, 2), Filled(2 * 3 * 4, 3));
        var graph = new TestGraph().Placeholder("a", DType.Float32, 2, 3, 4).Placeholder("b", DType.Float32, 2, 3, 4).Add("Complex", "z", "a b").Add("FFT2D", "f", "z").Add("Real", "re", "f")
            .Add("Imag", "im", "f").Add("IFFT2D", "g", "f").Add("Real", "back", "g").Ints("length", 3, 4).Add("RFFT2D", "half", "a length").Add("Real", "half_re", "half")
            .Add("IRFFT2D", "again", "half length");

        var shape = Shape.Of(2, 3, 4);
        var outputs = graph.Run("re im back half_re again", ("a", Tensor.Of(shape, re)), ("b", Tensor.Of(shape, im)));

        for (int plane = 0; plane < 2; plane++)
        {
            for (int u = 0; u < 3; u++)
            {
                for (int v = 0; v < 4; v++)
                {
                    Complex Expected(Func<int, Complex> element) => Enumerable.Range(0, 12)
                        .Aggregate(Complex.Zero, (sum, i) => sum + (element((plane * 12) + i) * Complex.FromPolarCoordinates(1, -2 * Math.PI * ((u * (i / 4) / 3.0) + (v * (i % 4) / 4.0)))));
                    int at = (plane * 12) + (u * 4) + v;
                    Near(Expected(i => new(re[i], im[i])).Real, outputs["re"], at);
                    Near(Expected(i => new(re[i], im[i])).Imaginary, outputs["im"], at);
                    Near(re[at], outputs["back"], at);
                    Near(re[at], outputs["again"], at);
                    if (v < 3)
                        Near(Expected(i => re[i]).Real, outputs["half_re"], (((plane * 3) + u) * 3) + v);
                }
            }
        }
    }

    /// <summary>Elements are moved, added and multiplied as complex numbers; what is no complex number is not touched.</summary>
    [Fact]
    public void ComplexNumbersAreMovedAndMultiplied()
    {
        var graph = new TestGraph().Placeholder("a", DType.Float32, 2, 3).Placeholder("b", DType.Float32, 2, 3).Add("Complex", "z", "a b").Ints("order", 1, 0).Add("Transpose", "t", "z order")
            .Ints("shape", 6).Add("Reshape", "r", "t shape").Add("Conj", "c", "r").Add("AddV2", "sum", "r c").Add("Mul", "product", "r c").Add("Real", "twice", "sum").Add("Imag", "none", "sum")
            .Add("Real", "square", "product");
        var (a, b) = (Tensor.Of(Shape.Of(2, 3), 1f, 2, 3, 4, 5, 6), Tensor.Of(Shape.Of(2, 3), 6f, 5, 4, 3, 2, 1));

        var outputs = graph.Run("twice none square", ("a", a), ("b", b));

        Assert.Equal([2, 8, 4, 10, 6, 12], outputs["twice"].ToDoubleArray());
        Assert.All(outputs["none"].ToDoubleArray(), n => Assert.Equal(0, n));
        Assert.Equal([37, 25, 29, 29, 25, 37], outputs["square"].ToDoubleArray());
    }

    [Fact]
    public void ComplexOutputsAreRefused()
    {
        var error = Assert.Throws<UnsupportedException>(() => new TestGraph().Placeholder("x", DType.Float32, 4).Ints("n", 4).Add("RFFT", "f", "x n").Import());

        Assert.Contains("'f': 'f' is complex where reals are needed", error.Message + string.Join(" ", error.Places), StringComparison.Ordinal);
    }

    private static Complex Sum(Complex[] line, int bin, int sign) =>
        line.Select((x, i) => x * Complex.FromPolarCoordinates(1, sign * 2 * Math.PI * bin * i / line.Length)).Aggregate(Complex.Zero, (a, b) => a + b);

    private static void Near(double expected, Tensor actual, int at) => Assert.Equal(expected, actual.GetDouble(at), 2e-5);

    private static float[] Filled(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 4) - 2))];
    }
}
