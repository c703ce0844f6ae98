using Lathe.Formats.Onnx.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>How ONNX describes the windows of convolutions and pooling: kernel_shape, strides, dilations, pads, auto_pad, ceil_mode.</summary>
internal static class Windows
{
    /// <summary>The window over an image (channels first), with auto_pad and ceil_mode turned into padding.</summary>
    /// <param name="kernel">The extents of the kernel, when weights rather than an attribute give them.</param>
    public static Window Of(NodeContext node, Value image, IEnumerable<Dim>? kernel = null)
    {
        int rank = image.Type.Rank - 2;
        if (rank < 1)
            node.Fail($"an image has rank 3 at least, and {image.Type} has not");
        long[] extents = node.Attributes.Ints("kernel_shape") ?? kernel?.Select(d => d.Value).ToArray()
            ?? throw new ModelException("LATHE3110", "its kernel_shape is missing");
        long[] strides = PerAxis(node, "strides", rank, 1);
        long[] dilations = PerAxis(node, "dilations", rank, 1);
        long[] pads = PerAxis(node, "pads", 2 * rank, 0);
        if (extents.Length != rank)
            node.Fail($"a kernel of {extents.Length} axes does not suit {image.Type}");
        var (before, after) = (pads[..rank], pads[rank..]);
        string auto = node.Attributes.Text("auto_pad", "NOTSET");
        bool ceil = node.Attributes.Flag("ceil_mode");
        for (int i = 0; i < rank; i++)
        {
            if (strides[i] < 1 || dilations[i] < 1 || extents[i] is < 1 or > int.MaxValue)
                node.Fail($"kernel, strides and dilations must be positive");
            long reach = checked(((extents[i] - 1) * dilations[i]) + 1);
            if (auto is "SAME_UPPER" or "SAME_LOWER")
                (before[i], after[i]) = Same(image.Shape[2 + i].Value, strides[i], reach, auto == "SAME_UPPER");
            else if (auto == "VALID")
                (before[i], after[i]) = (0, 0);
            else if (auto is not ("NOTSET" or ""))
                node.Fail($"there is no auto_pad '{auto}'");
            if (ceil && auto is "NOTSET" or "" or "VALID")
                after[i] += Missing(image.Shape[2 + i].Value, strides[i], reach, before[i], after[i]);
        }
        return new(extents, strides, before, after, dilations);
    }

    /// <summary>An attribute with one number an axis, or the same for all.</summary>
    public static long[] PerAxis(NodeContext node, string attribute, int count, long otherwise)
    {
        if (node.Attributes.Ints(attribute) is not { } given)
            return [.. Enumerable.Repeat(otherwise, count)];
        if (given.Length != count)
            node.Fail($"its {attribute} [{string.Join(", ", given)}] should have {count} entries");
        return given;
    }

    /// <summary>Padding for which the output is the input divided by the stride, rounded up; the odd one goes after (upper) or before.</summary>
    private static (long Before, long After) Same(long extent, long stride, long reach, bool upper)
    {
        long outputs = (extent + stride - 1) / stride;
        long total = Math.Max(0, ((outputs - 1) * stride) + reach - extent);
        return upper ? (total / 2, total - (total / 2)) : (total - (total / 2), total / 2);
    }

    /// <summary>
    /// How much further than its padding the last window reaches when the number of windows is rounded up. A window that would begin
    /// after the image and its leading padding does not count.
    /// </summary>
    private static long Missing(long extent, long stride, long reach, long before, long after)
    {
        long room = extent + before + after - reach;
        if (room < 0 || room % stride == 0)
            return 0;
        long last = ((room / stride) + 1) * stride;
        return last >= extent + before ? 0 : last - room;
    }
}
