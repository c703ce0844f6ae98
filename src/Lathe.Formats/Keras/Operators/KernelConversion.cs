using Lathe.Formats.Importing;
using Lathe.Formats.Keras.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Keras.Operators;

/// <summary>Kernels of convolutions as Keras 2 keeps them, whatever version and backend kept them.</summary>
internal static class KernelConversion
{
    /// <summary>A kernel [spatial..., inputs, outputs], or [spatial..., outputs, inputs] of a transposed convolution.</summary>
    public static Value Of(LayerContext layer, string role, long[] extents, Layout layout, bool isTransposed = false)
    {
        var kernel = layer.Weight(role);
        int spatial = extents.Length;
        bool isFirst = layer.File.IsFirst && layer.File.Weights is not null;
        if (isFirst && spatial == 1 && kernel.Type.Rank == 4)
        {
            // [steps, 1, inputs, outputs], or, earlier, [outputs, inputs, steps, 1].
            bool isOlder = kernel.Shape[0] != extents[0] || kernel.Shape[1] != 1;
            kernel = isOlder ? layer.Builder.Permuted(kernel, 2, 3, 1, 0) : kernel;
            if (kernel.Shape[1] != 1)
                layer.Fail($"the weights {kernel.Type} are no kernel of {extents[0]} steps");
            kernel = layer.Builder.Reshaped(kernel, [kernel.Shape[0], kernel.Shape[2], kernel.Shape[3]]);
        }
        else if (isFirst && kernel.Type.Rank == spatial + 2 && layout == Layout.ChannelsFirst)
        {
            // [outputs, inputs, spatial...]; a transposed convolution's are turned alike.
            kernel = layer.Builder.Permuted(kernel, [.. Enumerable.Range(2, spatial), .. isTransposed ? new[] { 0, 1 } : [1, 0]]);
        }
        else if (isFirst && isTransposed && kernel.Type.Rank == spatial + 2)
        {
            kernel = layer.Builder.Permuted(kernel, [.. Enumerable.Range(0, spatial), spatial + 1, spatial]);
        }
        if (!kernel.Shape.Take(spatial).SequenceEqual(extents.Select(e => (Dim)e)))
            layer.Fail($"the weights {kernel.Type} are no kernel of {Misfit.List(extents)}");
        // Theano turned kernels around where others do not.
        return layer.File.Backend == "theano" && kernel.Constant is not null
            ? Reversed(layer, kernel, spatial)
            : kernel;
    }

    private static Value Reversed(LayerContext layer, Value kernel, int spatial)
    {
        var stored = kernel.Constant!;
        long[] extents = stored.Shape.ToArray();
        int row = checked((int)extents.Skip(spatial).Aggregate(1L, (a, e) => a * e)) * stored.Type.Size;
        int places = row == 0 ? 0 : stored.Bytes.Length / row;
        var bytes = new byte[stored.Bytes.Length];
        // All spatial axes turned around are their places in reverse.
        for (int i = 0; i < places; i++)
            stored.Bytes.Span.Slice(i * row, row).CopyTo(bytes.AsSpan((places - 1 - i) * row));
        return layer.Builder.Constant(new(stored.Type, stored.Shape, bytes));
    }
}
