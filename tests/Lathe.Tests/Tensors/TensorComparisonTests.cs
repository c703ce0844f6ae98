using Lathe.Tensors;

namespace Lathe.Tests.Tensors;

public sealed class TensorComparisonTests
{
    [Fact]
    public void MeasuresErrorsAsAllcloseDoes()
    {
        var result = TensorComparison.Of(Tensor.Vector(1.0, 2.0, 0.5), Tensor.Vector(1.0, 2.5, 0.0), rtol: 0.1, atol: 0.3);
        Assert.Equal(0.5, result.MaxAbsoluteError);
        Assert.Equal(0.2, result.MaxRelativeError);
        Assert.Equal((1, 2, 3), (result.Mismatches, result.FirstMismatch, result.Count));
        Assert.False(result.Matches);
        // The tolerance is relative to the expected value and includes its bound.
        Assert.True(TensorComparison.Of(Tensor.Vector(3.0), Tensor.Vector(2.0), rtol: 0.5, atol: 0).Matches);
        Assert.False(TensorComparison.Of(Tensor.Vector(2.0), Tensor.Vector(3.1), rtol: 0.35, atol: 0).Matches);
    }

    [Fact]
    public void TakesNaNAndInfinitiesAsEqualToThemselves()
    {
        float nan = float.NaN, inf = float.PositiveInfinity;
        Assert.True(TensorComparison.Of(Tensor.Vector(nan, inf, -inf), Tensor.Vector(-nan, inf, -inf)).Matches);
        foreach (var (a, b) in new[] { (nan, 1f), (1f, nan), (inf, -inf), (1f, inf), (inf, 1f), (nan, inf), (inf, nan) })
        {
            var result = TensorComparison.Of(Tensor.Vector(a), Tensor.Vector(b), rtol: 1, atol: 1);
            Assert.Equal(1, result.Mismatches);
            Assert.Equal(double.PositiveInfinity, result.MaxAbsoluteError);
        }
    }

    [Fact]
    public void ComparesWideIntegersExactly()
    {
        Assert.Equal(1, TensorComparison.Of(Tensor.Vector(long.MaxValue), Tensor.Vector(long.MaxValue - 1), 0, 0).MaxAbsoluteError);
        Assert.Equal(ulong.MaxValue, TensorComparison.Of(Tensor.Vector(ulong.MaxValue), Tensor.Vector(0ul)).MaxAbsoluteError);
        Assert.Equal((double)UInt128.Parse("18446744073709551615"), TensorComparison.Of(Tensor.Vector(long.MinValue), Tensor.Vector(long.MaxValue)).MaxAbsoluteError);
        Assert.Equal(255, TensorComparison.Of(Tensor.Vector<sbyte>(-128), Tensor.Vector<sbyte>(127)).MaxAbsoluteError);
    }

    [Fact]
    public void ReportsOtherTypesAndShapes()
    {
        Assert.Contains("f32[1]", TensorComparison.Of(Tensor.Vector(1f), Tensor.Vector(1.0)).Difference);
        Assert.False(TensorComparison.Of(Tensor.Zeros(DType.Int8, [2, 3]), Tensor.Zeros(DType.Int8, [3, 2])).Matches);
        Assert.True(TensorComparison.Of(Tensor.Zeros(DType.Int8, [0]), Tensor.Zeros(DType.Int8, [0])).Matches);
    }
}
