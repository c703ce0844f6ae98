using Lathe.Compilation.Kernels;
using Lathe.Loops;
using Lathe.Tensors;
using Lathe.Tests.Graphs;

namespace Lathe.Tests.Compilation.Kernels;

/// <summary>Weights as numbers of 21 bits: what is lost, and which weights are left as they are.</summary>
public sealed class Int21WeightsTests
{
    private const int Rows = 50, Columns = 90, Lanes = 4;

    /// <summary>Half of a number's step is 2^-21 of what a number may be, and a column's largest is a little less.</summary>
    private const double MostLost = 1.001 / (1 << 21);

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 8)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_weight_is_off_by_a_part_of_its_columns_largest(int seed)
    {
        var random = new Random(seed);
        int panelColumns = Lanes * random.Next(1, 10);
        var matrix = RandomTensors.Of(random, DType.Float32, [Rows, Columns], -1, 1);
        for (int i = 0; i < Rows * Columns; i++)
            matrix.Span<float>()[i] *= MathF.ScaleB(1, (i % Columns * 2) - 90);
        var weights = Int21Weights.Of(matrix, Columns)!;
        var work = new Contraction(1, 1, 1, Columns, Rows, 1, 1, 1, DType.Float32);

        uint[] words = weights.Pack(work, panelColumns, Lanes).Span<uint>().ToArray();

        for (int column = 0; column < Columns; column++)
        {
            double largest = Enumerable.Range(0, Rows).Max(row => Math.Abs(matrix.Span<float>()[(row * Columns) + column]));
            for (int row = 0; row < Rows; row++)
            {
                int step = (int)Int21Weights.Words(panelColumns, Lanes);
                double number = NumberOf(words.AsSpan(((column / panelColumns * Rows) + row) * step, step), column % panelColumns);
                Assert.InRange((number * weights.Steps[column]) - matrix.Span<float>()[(row * Columns) + column], -MostLost * largest, MostLost * largest);
            }
        }
    }

    /// <summary>The number of a column among a step's words: two vectors of these hold three.</summary>
    private static int NumberOf(ReadOnlySpan<uint> words, int column)
    {
        int first = (column / (3 * Lanes) * 2 * Lanes) + (column % Lanes);
        uint a = words[first], b = words[first + Lanes];
        return (int)((column / Lanes % 3) switch { 0 => a, 1 => b << 11, _ => (a << 21) | (b >> 11) });
    }

    [Fact]
    public void A_column_of_zeros_stays_one()
    {
        var weights = Int21Weights.Of(Tensor.Vector<float>([1f, 0f, -1f, 0f]), 2)!;

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

        Assert.Null(Int21Weights.Of(Tensor.Vector<float>(column), 1));
    }
}
