using Lathe.Bench.Measuring;
using Lathe.Tensors;

namespace Lathe.Tests.Bench;

public class StatisticsTests
{
    [Theory]
    [InlineData(new double[] { 3, 1, 2 }, 2)]
    [InlineData(new double[] { 4, 1, 2, 3 }, 2.5)]
    public void The_median_is_in_the_middle(double[] values, double expected) => Assert.Equal(expected, Statistics.Median(values));

    [Fact]
    public void An_error_is_relative_to_the_largest_magnitude() =>
        Assert.Equal(0.125, Statistics.RelativeError(Output(1, -4, 0), Output(1, -3.5f, 0)));

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_value_that_is_not_finite_is_an_infinite_error(float wrong) =>
        Assert.Equal(double.PositiveInfinity, Statistics.RelativeError(Output(1, 2), Output(1, wrong)));

    [Fact]
    public void Another_shape_is_an_infinite_error() =>
        Assert.Equal(double.PositiveInfinity, Statistics.RelativeError(Output(1, 2), Output(1, 2, 3)));

    private static Dictionary<string, Tensor> Output(params float[] values) => new() { ["y"] = Tensor.Vector<float>(values) };
}
