using System.Buffers.Binary;
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

    /// <summary>
    /// The numbers' bytes, the least first, in panels as <see cref="PackedWeights"/> has them, and after the last as many more as may be read or asked for.
    /// </summary>
    public Tensor Pack(Contraction work, long panelColumns)
    {
        var panels = PackedWeights.Pack(_matrix, work.Reduction, work.Groups, work.Columns, panelColumns);
        var steps = PackedWeights.PackColumns(Steps, DType.Float32, work, panelColumns);
        var packed = Tensor.Zeros(DType.UInt8, Shape.Of((panels.Count * Int24.Width) + Math.Max(Ahead, panelColumns * (Int24.Read - Int24.Width))));
        int width = (int)panelColumns;
        Parallel.For(0, (int)(panels.Count / width), row =>
        {
            var source = panels.Span<float>().Slice(row * width, width);
            var target = packed.Span<byte>().Slice(row * width * Int24.Width, width * Int24.Width);
            var of = steps.Span<float>().Slice((int)(row / work.Reduction) * width, width);
            for (int c = 0; c < source.Length; c++)
            {
                int number = of[c] == 0 ? 0 : Upper(source[c] / (double)of[c]);
                BinaryPrimitives.WriteUInt16LittleEndian(target[(c * Int24.Width)..], (ushort)number);
                target[(c * Int24.Width) + 2] = (byte)(number >> 16);
            }
        });
        return packed;
    }

    /// <summary>The upper three bytes of the number nearest to x whose lowest byte is its uppermost.</summary>
    private static int Upper(double x)
    {
        byte lowest = (byte)((int)Math.Clamp(x, -Largest, Largest) >> 24);
        return Math.Clamp((int)Math.Round((x - lowest) / 256), -1 << 23, (1 << 23) - 1);
    }
}
