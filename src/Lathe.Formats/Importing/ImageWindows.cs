using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Importing;

/// <summary>The windows of convolutions and pooling as TensorFlow and TFLite describe them: SAME or VALID padding, strides, dilations, one entry a spatial axis.</summary>
internal static class ImageWindows
{
    /// <summary>
    /// A window over an image whose spatial axes begin at <paramref name="firstSpatial"/>. SAME pads to the image's extent over the stride, rounded up; an odd element goes after it.
    /// </summary>
    public static Window Of(Value image, int firstSpatial, bool same, long[] kernel, long[] strides, long[] dilations)
    {
        int rank = kernel.Length;
        if (image.Type.Rank != rank + 2)
            throw Misfit.Of($"an image of rank {rank + 2} was expected, and it is {image.Type}");
        if (strides.Length != rank || dilations.Length != rank || kernel.Concat(strides).Concat(dilations).Any(v => v < 1))
            throw Misfit.Of($"kernel {Misfit.List(kernel)}, strides {Misfit.List(strides)}, dilations {Misfit.List(dilations)} must be positive");
        var (before, after) = (new long[rank], new long[rank]);
        for (int i = 0; same && i < rank; i++)
        {
            long extent = image.Shape[firstSpatial + i].Value, reach = checked(((kernel[i] - 1) * dilations[i]) + 1);
            long outputs = (extent + strides[i] - 1) / strides[i];
            long total = Math.Max(0, ((outputs - 1) * strides[i]) + reach - extent);
            (before[i], after[i]) = (total / 2, total - (total / 2));
        }
        return new(kernel, strides, before, after, dilations);
    }

    /// <summary>
    /// The window and the output padding of a transposed convolution whose output has the spatial extents <paramref name="output"/>: padding is what leads to them, half of it before, or as
    /// <paramref name="padsBefore"/> says.
    /// </summary>
    public static (Window Window, EquatableArray<long> OutputPadding) Transposed(
        Value x, int firstSpatial, long[] output, long[] kernel, long[] strides, long[] dilations, long[]? padsBefore = null)
    {
        int rank = kernel.Length;
        if (output.Length != rank || x.Type.Rank != rank + 2 || strides.Length != rank || dilations.Length != rank
            || output.Any(e => e < 1) || kernel.Concat(strides).Concat(dilations).Any(v => v < 1))
        {
            throw Misfit.Of($"the output's extents {Misfit.List(output)} do not suit {x.Type}");
        }
        var (before, after, more) = (new long[rank], new long[rank], new long[rank]);
        for (int i = 0; i < rank; i++)
        {
            long reached = checked(((x.Shape[firstSpatial + i].Value - 1) * strides[i]) + ((kernel[i] - 1) * dilations[i]) + 1);
            long total = Math.Max(0, reached - output[i]);
            before[i] = padsBefore?[i] ?? (total / 2);
            after[i] = Math.Max(0, reached - before[i] - output[i]);
            more[i] = Math.Max(0, output[i] - (reached - before[i]));
        }
        return (new(kernel, strides, before, after, dilations), more);
    }
}
