using Lathe.Formats.TFLite.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>How TFLite describes the windows of convolutions and pooling: SAME or VALID padding, strides, dilations.</summary>
internal static class Windows
{
    private const byte Same = 0;

    /// <summary>A window over the spatial axes of an image with channels last.</summary>
    public static Window Of(NodeContext node, Value image, byte padding, long[] kernel, long[] strides, long[] dilations)
    {
        int rank = kernel.Length;
        if (image.Type.Rank != rank + 2)
            node.Fail($"an image of rank {rank + 2} was expected, and it is {image.Type}");
        if (kernel.Concat(strides).Concat(dilations).Any(v => v < 1) || padding > 1)
            node.Fail($"kernel [{string.Join(", ", kernel)}], strides [{string.Join(", ", strides)}], dilations [{string.Join(", ", dilations)}] must be positive");
        var (before, after) = (new long[rank], new long[rank]);
        for (int i = 0; padding == Same && i < rank; i++)
        {
            long extent = image.Shape[1 + i].Value, reach = checked(((kernel[i] - 1) * dilations[i]) + 1);
            long outputs = (extent + strides[i] - 1) / strides[i];
            long total = Math.Max(0, ((outputs - 1) * strides[i]) + reach - extent);
            (before[i], after[i]) = (total / 2, total - (total / 2));
        }
        return new(kernel, strides, before, after, dilations);
    }

    /// <summary>The window of a pooling operator from its options.</summary>
    public static Window Pool(NodeContext node)
    {
        var options = node.Options;
        return Of(node, node.In(0), options.Byte(0), [options.Int(4), options.Int(3)], [options.Int(2), options.Int(1)], [1, 1]);
    }
}
