using Lathe.Loops;
using Lathe.Loops.Managed;
using Lathe.Tensors;

namespace Lathe.Tests.Loops.Managed;

public class FunctionsTests
{
    /// <summary>The Maclaurin series in decimals, whose 28 digits outlast its cancellation up to 3.</summary>
    [Fact]
    public void ErfAgreesWithItsSeries()
    {
        for (double x = -3; x <= 3; x += 1.0 / 64)
        {
            decimal term = (decimal)x, sum = term, square = (decimal)(x * x);
            for (int n = 1; n < 90; n++)
            {
                term = -term * square / n;
                sum += term / ((2 * n) + 1);
            }
            double expected = (double)sum * 2 / Math.Sqrt(Math.PI);
            Assert.InRange(Functions.Erf(x) - expected, -1e-15, 1e-15);
        }
    }

    [Fact]
    public void NormalCdfAgreesWithErfAndKeepsItsTailAndEdges()
    {
        for (double x = -8; x <= 8; x += 1.0 / 64)
            Assert.InRange(Functions.NormalCdf(x) - (0.5 + (0.5 * Functions.Erf(x / Math.Sqrt(2)))), -1e-15, 1e-15);
        // DLMF 7.12.1: the asymptotic series, whose fourth term is 2e-6 of the first here.
        double square = 1.0 / (20 * 20);
        double density = Math.Exp(-200) / Math.Sqrt(2 * Math.PI) / 20;
        Assert.InRange(Functions.NormalCdf(-20) / (density * (1 - square + (3 * square * square))), 1 - 1e-6, 1 + 1e-6);
        Assert.Equal(0, Functions.NormalCdf(double.NegativeInfinity));
        Assert.Equal(1, Functions.NormalCdf(double.PositiveInfinity));
        Assert.True(double.IsNaN(Functions.NormalCdf(double.NaN)));
    }

    /// <summary>The complement's asymptotic series, at its smallest term, which is small enough from here on.</summary>
    [Fact]
    public void ErfAgreesWithItsTail()
    {
        for (double x = 4.5; x <= 6; x += 1.0 / 16)
        {
            double term = 1, sum = 1;
            for (int n = 1; n < (int)(x * x); n++)
            {
                term *= -((2 * n) - 1) / (2 * x * x);
                sum += term;
            }
            double complement = Math.Exp(-x * x) / (x * Math.Sqrt(Math.PI)) * sum;
            Assert.InRange(Functions.Erf(x) - (1 - complement), -1e-15, 1e-15);
        }
    }

    [Fact]
    public void ErfKeepsEdges()
    {
        Assert.Equal(1, Functions.Erf(double.PositiveInfinity));
        Assert.Equal(-1, Functions.Erf(double.NegativeInfinity));
        Assert.True(double.IsNaN(Functions.Erf(double.NaN)));
        Assert.True(double.IsNegative(Functions.Erf(-0.0)));
    }

    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(-800, 0)]
    [InlineData(800, 1)]
    [InlineData(double.NegativeInfinity, 0)]
    [InlineData(double.PositiveInfinity, 1)]
    [InlineData(double.NaN, double.NaN)]
    public void SigmoidIsStable(double x, double expected) => Assert.Equal(expected, Functions.Sigmoid(x));

    [Theory]
    [InlineData(DType.Float16)]
    [InlineData(DType.BFloat16)]
    [InlineData(DType.Float32)]
    [InlineData(DType.Float64)]
    public void KernelsCallIntrinsics(DType type)
    {
        var x = Tensor.Zeros(type, Shape.Of(5));
        double[] values = [0.25, 0.75, -0.5, double.NaN, 1.5];
        for (int i = 0; i < values.Length; i++)
            x.SetDouble(i, values[i]);
        foreach (var function in Enum.GetValues<Intrinsic>())
        {
            int operands = function switch { Intrinsic.Fma => 3, Intrinsic.Pow => 2, _ => 1 };
            var y = Tensor.Zeros(type, x.Shape);
            var kernel = KernelSamples.Map(5, 5, type, [type], e => Build.Call(function, [.. Enumerable.Repeat(e[0], operands)]));
            ManagedKernel.Compile(kernel).Run([x, y]);
            for (int i = 0; i < values.Length; i++)
            {
                double v = values[i];
                double expected = function switch
                {
                    Intrinsic.Exp => Math.Exp(v),
                    Intrinsic.Log => Math.Log(v),
                    Intrinsic.Sin => Math.Sin(v),
                    Intrinsic.Cos => Math.Cos(v),
                    Intrinsic.Tan => Math.Tan(v),
                    Intrinsic.Asin => Math.Asin(v),
                    Intrinsic.Acos => Math.Acos(v),
                    Intrinsic.Atan => Math.Atan(v),
                    Intrinsic.Sinh => Math.Sinh(v),
                    Intrinsic.Cosh => Math.Cosh(v),
                    Intrinsic.Tanh => Math.Tanh(v),
                    Intrinsic.Asinh => Math.Asinh(v),
                    Intrinsic.Acosh => Math.Acosh(v),
                    Intrinsic.Atanh => Math.Atanh(v),
                    Intrinsic.Erf => Functions.Erf(v),
                    Intrinsic.NormalCdf => Functions.NormalCdf(v),
                    Intrinsic.Sigmoid => 1 / (1 + Math.Exp(-v)),
                    Intrinsic.Pow => Math.Pow(v, v),
                    _ => (v * v) + v,
                };
                double actual = y.GetDouble(i);
                double rounded = type == DType.Float64 ? expected : OperatorCases.Round((float)expected, type);
                Assert.True(
                    double.IsNaN(rounded) ? double.IsNaN(actual) : Math.Abs(rounded - actual) <= 1e-15 * Math.Abs(rounded), $"{function}({v}): expected {rounded:R}, was {actual:R}");
            }
        }
    }
}
