using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// Weights as whole numbers of 21 or 22 bits with a factor for each column, three in two words. A weight is off by no more than 2^-21 of its column's largest, and that is at
/// most <see cref="MostSpread"/> times the root of the column's mean square: a result then is off by some 4e-6 of itself at most, and by 1e-6 where weights are spread as a
/// normal distribution is. Sums in float32 are off by 1e-7 or 2e-7 by their own rounding, and by 1e-6 to 1e-5 by Winograd's method.
/// </summary>
internal sealed class Int21Weights
{
    /// <summary>
    /// Numbers that partly come from the second level are asked for so many bytes before they are needed, and those from the third or from memory so many: as far as a core's
    /// requests at a time reach.
    /// </summary>
    public const int AheadOfNear = 2048, AheadOfFar = 8192;

    /// <summary>So many vectors of numbers are one vector of words less.</summary>
    public const int Vectors = 3;

    /// <summary>Bytes of a number.</summary>
    public const double Bytes = sizeof(uint) * (Vectors - 1) / (double)Vectors;

    /// <summary>Bits of the first two of three numbers, and those of their words that are left to the third.</summary>
    private const int Bits = 21, Left = 32 - Bits;

    private const double MostSpread = 16;

    /// <summary>What the largest weight of a column counts: two steps of 21 bits less than an i32 holds, so that whatever stands below it, it does not leave its range.</summary>
    private const float Largest = (1L << 31) - (2 << Left);

    /// <summary>Below this a factor would be no normal number.</summary>
    private const float LeastColumn = 1e-30f;

    private readonly Tensor _matrix;

    private Int21Weights(Tensor matrix, float[] steps) => (_matrix, Steps) = (matrix, steps);

    /// <summary>What a unit of a column is worth; 0 for a column of zeros.</summary>
    public float[] Steps { get; }

    /// <summary>A float32 matrix [reduction, columns]; null where a column has too wide a spread, too small weights, or some that are not finite.</summary>
    public static Int21Weights? Of(Tensor matrix, int columns)
    {
        var weights = matrix.Span<float>();
        var largest = new float[columns];
        var squares = new double[columns];
        for (int at = 0; at < weights.Length; at += columns)
        {
            var row = weights.Slice(at, columns);
            for (int c = 0; c < row.Length; c++)
            {
                largest[c] = MathF.Max(largest[c], MathF.Abs(row[c]));
                squares[c] += (double)row[c] * row[c];
            }
        }
        int rows = weights.Length / columns;
        for (int c = 0; c < columns; c++)
        {
            if (largest[c] != 0 && !(float.IsFinite(largest[c]) && largest[c] >= LeastColumn && largest[c] <= MostSpread * Math.Sqrt(squares[c] / rows)))
                return null;
        }
        return new(matrix, [.. largest.Select(most => most / Largest)]);
    }

    /// <summary>Words of a step of the reduction in a panel of so many columns.</summary>
    public static long Words(long panelColumns, int lanes) => ContractionConfig.DivideUp(panelColumns, Vectors * lanes) * (Vectors - 1) * lanes;

    /// <summary>
    /// The numbers as i32 that are read from a step's words. Of the three vectors that two of words hold, the first is the first of these as it stands; the second has the
    /// lower bits of the other, and the third the lower bits of the first and the upper ones of the other. What is below a number's own bits are bits of another, which take
    /// no instruction to clear.
    /// </summary>
    /// <param name="word">The vector of words that begins at a place in the step.</param>
    /// <param name="start">The first of the numbers' columns in the panel.</param>
    public static Expr At(Func<long, Expr> word, long start, int lanes)
    {
        static Expr Shifted(BinaryOp op, Expr x, int bits) => Build.Binary(op, x, Build.ToLanes(Build.Int(bits, DType.UInt32), x.Lanes));
        long at = start / (Vectors * lanes) * (Vectors - 1) * lanes;
        Expr first = word(at), second = word(at + lanes);
        return (start / lanes % Vectors) switch
        {
            0 => first,
            1 => Shifted(BinaryOp.Shl, second, Left),
            _ => Shifted(BinaryOp.Shl, first, Bits) | Shifted(BinaryOp.Shr, second, Left),
        };
    }

    /// <summary>The words, u32, in panels as <see cref="PackedWeights"/> has them, and after the last as many more as are asked for ahead.</summary>
    public Tensor Pack(Contraction work, long panelColumns, int lanes)
    {
        var panels = PackedWeights.Pack(_matrix, work.Reduction, work.Groups, work.Columns, panelColumns);
        var steps = PackedWeights.PackColumns(Steps, DType.Float32, work, panelColumns);
        int width = (int)panelColumns, words = (int)Words(panelColumns, lanes);
        long rows = panels.Count / width;
        var packed = Tensor.Zeros(DType.UInt32, Shape.Of((rows * words) + (AheadOfFar / sizeof(uint))));
        Parallel.For(0, (int)rows, row =>
        {
            var source = panels.Span<float>().Slice(row * width, width);
            var of = steps.Span<float>().Slice((int)(row / work.Reduction) * width, width);
            var target = packed.Span<uint>().Slice(row * words, words);
            double Number(ReadOnlySpan<float> weights, ReadOnlySpan<float> units, int column) =>
                column >= weights.Length || units[column] == 0 ? 0 : weights[column] / (double)units[column];
            for (int to = 0, column = 0; to < words; to += (Vectors - 1) * lanes, column += Vectors * lanes)
            {
                for (int i = 0; i < lanes; i++)
                {
                    uint second = Nearest(Number(source, of, column + lanes + i), Left, 0) >> Left;
                    uint third = Nearest(Number(source, of, column + (2 * lanes) + i), Left - 1, second >> Left);
                    target[to + i] = Nearest(Number(source, of, column + i), Left, third >> Bits);
                    target[to + lanes + i] = (third << Left >> Bits << Bits) | second;
                }
            }
        });
        return packed;
    }

    /// <summary>The bits of the i32 nearest to x of which so many of the lowest bits are these.</summary>
    private static uint Nearest(double x, int bits, uint lowest)
    {
        double unit = 1L << bits, most = (1L << (31 - bits)) - 1;
        return ((uint)(int)Math.Clamp(Math.Round((x - lowest) / unit), -most - 1, most) << bits) | lowest;
    }
}
