using Lathe.Compilation.Kernels;
using Lathe.Compilation.Scheduling;
using Lathe.Loops;
using Lathe.Loops.Managed;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Tests.Compilation.Kernels;

public class WinogradTransformTests
{
    public static TheoryData<int, int, int> Outputs
    {
        get
        {
            var data = new TheoryData<int, int, int>();
            for (int taps = WinogradTransform.MinTaps; taps <= WinogradTransform.MostTaps; taps++)
                for (int stride = 1; stride <= WinogradTransform.MostStride && WinogradTransform.Takes(taps, stride); stride++)
                    for (int outputs = WinogradTransform.MinOutputs; outputs <= WinogradTransform.MaxOutputs(taps, stride); outputs++)
                        data.Add(outputs, taps, stride);
            return data;
        }
    }

    /// <summary>The coefficient of weight k and datum l in output i is 1 where l = stride i + k and 0 elsewhere: exactly, without rounding.</summary>
    [Theory]
    [MemberData(nameof(Outputs))]
    public void Transforms_make_a_correlation(int outputs, int taps, int stride)
    {
        var f = WinogradTransform.Of(outputs, taps, stride);
        Assert.Equal(outputs, f.ExactOutput.Length);
        Assert.Equal(f.Size, f.ExactData.Length);
        for (int i = 0; i < outputs; i++)
        {
            for (int k = 0; k < taps; k++)
            {
                for (int l = 0; l < f.Size; l++)
                {
                    Rational sum = 0;
                    for (int p = 0; p < f.Size; p++)
                        sum += f.ExactOutput[i][p] * f.ExactWeights[p][k] * f.ExactData[p][l];
                    Assert.Equal(l == (stride * i) + k ? 1 : 0, sum);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Outputs))]
    public void Products_after_the_weighted_ones_share_the_last_weights(int outputs, int taps, int stride)
    {
        var f = WinogradTransform.Of(outputs, taps, stride);
        Assert.All(f.ExactWeights[(f.Weighted - 1)..], row => Assert.Equal(f.ExactWeights[f.Weighted - 1], row));
    }

    /// <summary>Factors of data and outputs have few bits, so that float32 holds them as they are.</summary>
    [Theory]
    [MemberData(nameof(Outputs))]
    public void Factors_of_data_and_outputs_are_exact(int outputs, int taps, int stride)
    {
        var f = WinogradTransform.Of(outputs, taps, stride);
        foreach (var factor in f.ExactData.Concat(f.ExactOutput).SelectMany(row => row))
            Assert.Equal((double)factor, (float)(double)factor);
    }

    [Theory]
    [MemberData(nameof(Outputs))]
    public void Linear_maps_are_products_with_the_matrix(int outputs, int taps, int stride)
    {
        var f = WinogradTransform.Of(outputs, taps, stride);
        foreach (double[][] matrix in new[] { f.Data, f.Output, f.Weights })
        {
            int[] vector = [.. Enumerable.Range(0, matrix[0].Length).Select(i => (7 * i * i) - (3 * i) + 2)];
            var x = new Buffer("x", DType.Float64, [vector.Length]);
            var y = new Buffer("y", DType.Float64, [matrix.Length]);
            var body = LinearMap.Write(new KernelDraft(), matrix, vector.Select((_, i) => x[i]), values => Stmt.Sequence(values.Select((v, i) => y.Store([i], v))));
            double[] input = [.. vector];
            var result = Tensor.Zeros(DType.Float64, [matrix.Length]);
            ManagedKernel.Compile(new Kernel("k", [x], [y], [], body)).Run([Tensor.Vector<double>(input), result]);
            for (int i = 0; i < matrix.Length; i++)
                Assert.Equal(matrix[i].Zip(input, (a, b) => a * b).Sum(), result.GetDouble(i), 1e-9);
        }
    }

    /// <summary>F(4, 3) by hand: 12 operations on data and 10 on outputs.</summary>
    [Fact]
    public void Opposite_points_share_their_work()
    {
        Assert.Equal(12, WinogradTransform.Of(4, 3).DataOperations);
        Assert.Equal(10, WinogradTransform.Of(4, 3).OutputOperations);
    }
}
