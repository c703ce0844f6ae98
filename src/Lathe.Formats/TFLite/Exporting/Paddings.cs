using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Exporting;

/// <summary>TFLite has two paddings of a window over a channels-last image: SAME makes as many outputs as there are strides, VALID adds nothing.</summary>
internal static class Paddings
{
    public const byte Same = 0, Valid = 1;

    /// <summary>The padding that a window has, or null where it is neither of the two.</summary>
    public static byte? Of(Window window, Shape input, Shape output)
    {
        bool same = true, valid = true;
        for (int i = 0; i < window.Rank; i++)
        {
            long extent = input[1 + i].Value, outputs = output[1 + i].Value, stride = window.Strides[i];
            long reach = window.Span(i);
            valid &= window.PadsBefore[i] == 0 && extent >= reach && outputs == ((extent - reach) / stride) + 1;
            same &= outputs == (extent + stride - 1) / stride && window.PadsBefore[i] == SameBefore(extent, outputs, stride, reach);
        }
        return valid ? Valid : same ? Same : null;
    }

    private static long SameBefore(long extent, long outputs, long stride, long reach) => Math.Max(0, ((outputs - 1) * stride) + reach - extent) / 2;
}
