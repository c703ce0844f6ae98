using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// Weights as the contraction kernels read them: [groups, panels, reduction, panel columns], so that a panel is one
/// stretch of memory. The last panel's missing columns are zero.
/// </summary>
internal static class PackedWeights
{
    /// <summary>
    /// Packs channels-last convolution weights [reduction, groups * columns] (spatial axes and input channels flattened).
    /// </summary>
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

    /// <summary>A matrix [rows, columns] turned into [columns, rows].</summary>
    public static Tensor Transpose(Tensor matrix, long rows, long columns)
    {
        var result = Tensor.Zeros(matrix.Type, Shape.Of(columns, rows));
        int size = matrix.Type.Size;
        var source = matrix.Bytes.Span;
        var target = result.Bytes.Span;
        for (long r = 0; r < rows; r++)
            for (long c = 0; c < columns; c++)
                source.Slice((int)(((r * columns) + c) * size), size).CopyTo(target[(int)(((c * rows) + r) * size)..]);
        return result;
    }
}
