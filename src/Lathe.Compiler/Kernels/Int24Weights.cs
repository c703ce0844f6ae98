using System.Runtime.InteropServices;
using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// Weights as whole numbers of 24 bits with a factor for each column. A weight is off by no more than 2^-24 of its column's largest, and that is at most
/// <see cref="MostSpread"/> times the root of the column's mean square: a result then is off by about 1e-6 of itself at most, and by about 1e-7 where weights are
/// spread as a normal distribution is, as sums in float32 are by their own rounding.
/// </summary>
internal sealed class Int24Weights
{
    /// <summary>
    /// A kernel asks for numbers so many bytes before it needs them: near enough to the second level's distance and, where they come from the third, as far as a core's
    /// requests at a time reach.
    /// </summary>
    public const int Ahead = 2048;

    /// <summary>So many vectors of numbers are one vector of words less.</summary>
    public const int Vectors = 4;

    private const double MostSpread = 16;

    /// <summary>What the largest weight of a column counts: the greatest i32 that is a float.</summary>
    private const float Largest = int.MaxValue - 127;

    /// <summary>Below this a factor would be no normal number.</summary>
    private const float LeastColumn = 1e-30f;

    private readonly Tensor _matrix;

    private Int24Weights(Tensor matrix, float[] steps) => (_matrix, Steps) = (matrix, steps);

    /// <summary>What a unit of a column is worth; 0 for a column of zeros.</summary>
    public float[] Steps { get; }

    /// <summary>A float32 matrix [reduction, columns]; null where a column has too wide a spread, too small weights, or some that are not finite.</summary>
    public static Int24Weights? Of(Tensor matrix, int columns)
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

    /// <summary>Words of a step of the reduction in a panel of so many columns: four vectors of numbers are three of words.</summary>
    public static long Words(long panelColumns, int lanes) => panelColumns - (panelColumns / (Vectors * lanes) * lanes);

    /// <summary>
    /// The numbers as i32 that are read from a step's words. Of the four vectors that three of words hold, the first two are the first two of these as they stand; the
    /// third has the lower three bytes of the last; and the fourth has the lowest byte of the first, the lowest of the second and the uppermost of the last. What is below
    /// a number's 24 bits are bits of another, which take no instruction to clear. Vectors after the last four are vectors of words.
    /// </summary>
    /// <param name="word">The vector of words that begins at a place in the step.</param>
    /// <param name="start">The first of the numbers' columns in the panel.</param>
    public static Expr At(Func<long, Expr> word, long start, long panelColumns, int lanes)
    {
        static Expr Shifted(BinaryOp op, Expr x, int bits) => Build.Binary(op, x, Build.ToLanes(Build.Int(bits, DType.UInt32), x.Lanes));
        long four = start / (Vectors * lanes), first = four * (Vectors - 1) * lanes, column = start % (Vectors * lanes);
        if (four == panelColumns / (Vectors * lanes) || column < 2 * lanes)
            return word(first + column);
        var last = word(first + (2 * lanes));
        if (column < 3 * lanes)
            return Shifted(BinaryOp.Shl, last, 8);
        var lower = Shifted(BinaryOp.Shl, word(first + lanes), 24) | Shifted(BinaryOp.Shr, last, 8);
        return Shifted(BinaryOp.Shl, word(first), 24) | Shifted(BinaryOp.Shr, lower, 8);
    }

    /// <summary>
    /// The words, u32, in panels as <see cref="PackedWeights"/> has them, and after the last as many more as are asked for ahead.
    /// </summary>
    public Tensor Pack(Contraction work, long panelColumns, int lanes)
    {
        var panels = PackedWeights.Pack(_matrix, work.Reduction, work.Groups, work.Columns, panelColumns);
        var steps = PackedWeights.PackColumns(Steps, DType.Float32, work, panelColumns);
        int width = (int)panelColumns, words = (int)Words(panelColumns, lanes);
        long rows = panels.Count / width;
        var packed = Tensor.Zeros(DType.UInt32, Shape.Of((rows * words) + (Ahead / sizeof(uint))));
        Parallel.For(0, (int)rows, row =>
        {
            var source = panels.Span<float>().Slice(row * width, width);
            var of = steps.Span<float>().Slice((int)(row / work.Reduction) * width, width);
            var target = MemoryMarshal.Cast<byte, int>(packed.Bytes.Span).Slice(row * words, words);
            double Number(ReadOnlySpan<float> weights, ReadOnlySpan<float> units, int column) => units[column] == 0 ? 0 : weights[column] / (double)units[column];
            int column = 0, to = 0;
            for (; column + (Vectors * lanes) <= width; column += Vectors * lanes, to += (Vectors - 1) * lanes)
            {
                for (int i = 0; i < lanes; i++)
                {
                    int third = Nearest(Number(source, of, column + (2 * lanes) + i), 0);
                    int fourth = Nearest(Number(source, of, column + (3 * lanes) + i), (byte)(third >> 24));
                    byte Part(int at) => (byte)(fourth >> (8 * at));
                    target[to + i] = Nearest(Number(source, of, column + i), Part(3));
                    target[to + lanes + i] = Nearest(Number(source, of, column + lanes + i), Part(2));
                    target[to + (2 * lanes) + i] = (Part(1) << 24) | (third >>> 8);
                }
            }
            for (; column < width; column++, to++)
                target[to] = Nearest(Number(source, of, column), 0);
        });
        return packed;
    }

    /// <summary>The number nearest to x whose lowest byte is this one.</summary>
    private static int Nearest(double x, byte lowest) => (Math.Clamp((int)Math.Round((x - lowest) / 256), -1 << 23, (1 << 23) - 1) << 8) | lowest;
}
