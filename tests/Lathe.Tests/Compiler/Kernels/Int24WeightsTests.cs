using Lathe.Compilation.Kernels;
using Lathe.Loops;
using Lathe.Tensors;
using Lathe.Tests.Graphs;

namespace Lathe.Tests.Compilation.Kernels;

/// <summary>Weights as numbers of 24 bits: what is lost, and which weights are left as they are.</summary>
public sealed class Int24WeightsTests
{
    private const int Rows = 50, Columns = 21, PanelColumns = 16;

    /// <summary>Half of a number's step is 2^-24 of the largest; the lowest byte, which is not free, moves that by half a 256th.</summary>
    private const double MostLost = 1.01 / (1 << 24);

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 8)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_weight_is_off_by_a_part_of_its_columns_largest(int seed)
    {
        var random = new Random(seed);
        var matrix = RandomTensors.Of(random, DType.Float32, [Rows, Columns], -1, 1);
        for (int i = 0; i < Rows * Columns; i++)
            matrix.Span<float>()[i] *= MathF.ScaleB(1, (i % Columns * 9) - 90);
        var weights = Int24Weights.Of(matrix, Columns)!;
        var work = new Contraction(1, 1, 1, Columns, Rows, 1, 1, 1, DType.Float32);

        var bytes = weights.Pack(work, PanelColumns).Span<byte>();

        for (int column = 0; column < Columns; column++)
        {
            double largest = Enumerable.Range(0, Rows).Max(row => Math.Abs(matrix.Span<float>()[(row * Columns) + column]));
            for (int row = 0; row < Rows; row++)
            {
                int at = ((((column / PanelColumns * Rows) + row) * PanelColumns) + (column % PanelColumns)) * Int24.Width;
                double number = BitConverter.ToInt32([bytes[at + 2], bytes[at], bytes[at + 1], bytes[at + 2]]);
                Assert.InRange((number * weights.Steps[column]) - matrix.Span<float>()[(row * Columns) + column], -MostLost * largest, MostLost * largest);
            }
        }
    }

    [Fact]
    public void A_column_of_zeros_stays_one()
    {
        var weights = Int24Weights.Of(Tensor.Vector<float>([1f, 0f, -1f, 0f]), 2)!;

        Assert.Equal(0, weights.Steps[1]);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(100f)]
    [InlineData(1e-33f)]
    public void Weights_that_would_lose_more_are_left_as_they_are(float weight)
    {
        float[] column = [weight, .. Enumerable.Repeat(weight < 1 ? weight : 0.01f, 999)];

        Assert.Null(Int24Weights.Of(Tensor.Vector<float>(column), 1));
    }
}
