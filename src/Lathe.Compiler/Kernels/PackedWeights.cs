using System.Runtime.InteropServices;
using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// Weights as the contraction kernels read them: [groups, panels, reduction, panel columns], so that a panel is one
/// stretch of memory. The last panel's missing columns are zero.
/// </summary>
internal static class PackedWeights
{
    /// <summary>Packs weights [reduction, groups * columns], as channels-last weights of a convolution are with the window and the input channels as one axis.</summary>
    public static Tensor Pack(Tensor weights, long reduction, long groups, long columns, long panelColumns)
    {
        long panels = ContractionConfig.DivideUp(columns, panelColumns);
        var packed = Tensor.Zeros(weights.Type, Shape.Of(groups, panels, reduction, panelColumns));
        int size = weights.Type.Size;
        var source = weights.Bytes.Span;
        var target = packed.Bytes.Span;
        long at = 0;
        for (long group = 0; group < groups; group++)
        {
            for (long panel = 0; panel < panels; panel++)
            {
                long first = panel * panelColumns;
                int bytes = (int)(Math.Min(panelColumns, columns - first) * size);
                for (long k = 0; k < reduction; k++, at += panelColumns * size)
                    source.Slice((int)(((k * groups * columns) + (group * columns) + first) * size), bytes).CopyTo(target[(int)at..]);
            }
        }
        return packed;
    }

    /// <summary>
    /// Packs weights [reduction, groups * columns] for <see cref="DotForm"/>: [groups, panels, words, panel columns * 4], so that each column's bytes of a word
    /// follow one another. Weights are moved down by <paramref name="shift"/>. A stretch of <paramref name="run"/> rows of the reduction is cut into
    /// words, the last of which ends with it; what that repeats is zero. With <paramref name="beside"/>, the second half of a panel has the shift where the first
    /// has a weight.
    /// </summary>
    public static Tensor PackWords(Tensor weights, Contraction work, long run, long panelColumns, int shift, bool beside)
    {
        long panels = ContractionConfig.DivideUp(work.Columns, panelColumns), all = work.Groups * work.Columns;
        var packed = Tensor.Zeros(DType.Int8, Shape.Of(work.Groups, panels, work.Reduction, panelColumns * Dot4.Width));
        var target = packed.Span<sbyte>();
        for (long word = 0; word < work.Reduction; word++)
        {
            long first = word % work.Depth * Dot4.Width, start = Math.Min(first, run - Dot4.Width);
            for (long j = first - start; j < Dot4.Width; j++)
            {
                long row = (word / work.Depth * run) + start + j;
                for (long column = 0; column < all; column++)
                {
                    var (group, of) = (column / work.Columns, column % work.Columns);
                    long at = ((((group * panels) + (of / panelColumns)) * work.Reduction) + word) * panelColumns;
                    target[(int)(((at + (of % panelColumns)) * Dot4.Width) + j)] = (sbyte)(weights.GetInt64((row * all) + column) - shift);
                    if (beside)
                        target[(int)(((at + (panelColumns / 2) + of) * Dot4.Width) + j)] = (sbyte)shift;
                }
            }
        }
        return packed;
    }

    /// <summary>Numbers of columns [groups * columns] as [groups, panels, panel columns].</summary>
    public static Tensor PackColumns<T>(T[] numbers, DType type, Contraction work, long panelColumns)
        where T : unmanaged
    {
        long panels = ContractionConfig.DivideUp(work.Columns, panelColumns);
        var packed = Tensor.Zeros(type, Shape.Of(work.Groups, panels, panelColumns));
        for (int i = 0; i < numbers.Length; i++)
            packed.Span<T>()[(int)((i / work.Columns * panels * panelColumns) + (i % work.Columns))] = numbers[i];
        return packed;
    }

    /// <summary>A matrix [rows, columns] turned into [columns, rows].</summary>
    public static Tensor Transpose(Tensor matrix, long rows, long columns)
    {
        var result = Tensor.Zeros(matrix.Type, Shape.Of(columns, rows));
        switch (matrix.Type.Size)
        {
            case 1: Transpose<byte>(matrix, result, (int)rows, (int)columns); break;
            case 2: Transpose<ushort>(matrix, result, (int)rows, (int)columns); break;
            case 4: Transpose<uint>(matrix, result, (int)rows, (int)columns); break;
            default: Transpose<ulong>(matrix, result, (int)rows, (int)columns); break;
        }
        return result;
    }

    /// <summary>By stretches of a few rows, so that what is written lies in few lines of memory at a time.</summary>
    private static void Transpose<T>(Tensor matrix, Tensor result, int rows, int columns)
        where T : unmanaged
    {
        const int stretch = 16;
        Parallel.For(0, (rows + stretch - 1) / stretch, part =>
        {
            var source = MemoryMarshal.Cast<byte, T>(matrix.Bytes.Span);
            var target = MemoryMarshal.Cast<byte, T>(result.Bytes.Span);
            int first = part * stretch, end = Math.Min(rows, first + stretch);
            for (int c = 0; c < columns; c++)
                for (int r = first; r < end; r++)
                    target[(c * rows) + r] = source[(r * columns) + c];
        });
    }
}
