using Lathe.Formats.Onnx.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>Convolutions over images with channels first.</summary>
internal static class Convolutions
{
    public static Value Conv(NodeContext node)
    {
        var (x, w) = (node.In(0), node.In(1));
        var conv = node.Add(new Conv(Windows.Of(node, x, w.Shape.Skip(2)), node.Attributes.Int("group", 1), Layout.ChannelsFirst), x, w);
        return node.Optional(2) is { } bias ? WithBias(node, conv, bias) : conv;
    }

    public static Value ConvTranspose(NodeContext node)
    {
        var (x, w) = (node.In(0), node.In(1));
        int rank = x.Type.Rank - 2;
        if (rank < 1 || w.Type.Rank != x.Type.Rank)
            node.Fail($"weights {w.Type} do not suit {x.Type}");
        long[] kernel = [.. w.Shape.Skip(2).Select(d => d.Value)];
        long[] strides = Windows.PerAxis(node, "strides", rank, 1);
        long[] dilations = Windows.PerAxis(node, "dilations", rank, 1);
        long[] outputPadding = Windows.PerAxis(node, "output_padding", rank, 0);
        long[] pads = Windows.PerAxis(node, "pads", 2 * rank, 0);
        var (before, after) = (pads[..rank], pads[rank..]);
        long[]? outputs = node.Attributes.Ints("output_shape");
        string auto = node.Attributes.Text("auto_pad", "NOTSET");
        for (int i = 0; i < rank; i++)
        {
            if (auto == "VALID")
                (before[i], after[i]) = (0, 0);
            // The shape may be given with or without batch and channels.
            long? output = outputs is not null && outputs.Length >= rank ? outputs[outputs.Length - rank + i]
                : auto is "SAME_UPPER" or "SAME_LOWER" ? checked(x.Shape[2 + i].Value * strides[i])
                : null;
            if (output is not { } extent)
                continue;
            long total = checked(((x.Shape[2 + i].Value - 1) * strides[i]) + outputPadding[i] + ((kernel[i] - 1) * dilations[i]) + 1 - extent);
            // A shape larger than what the windows reach is made by padding that is negative, which only output padding says.
            if (total < 0)
                (outputPadding[i], total) = (outputPadding[i] - total, 0);
            (before[i], after[i]) = auto == "SAME_UPPER" ? (total / 2, total - (total / 2)) : (total - (total / 2), total / 2);
        }
        var window = new Window(kernel, strides, before, after, dilations);
        var image = node.Add(new ConvTranspose(window, outputPadding, node.Attributes.Int("group", 1), Layout.ChannelsFirst), x, w);
        return node.Optional(2) is { } bias ? WithBias(node, image, bias) : image;
    }

    /// <summary>A value for each channel added.</summary>
    public static Value WithBias(NodeContext node, Value image, Value bias)
    {
        if (bias.Type.Rank != 1 || bias.Shape[0] != image.Shape[1])
            node.Fail($"the bias {bias.Type} should have an element for each channel of {image.Type}");
        return node.Add(new Add(), image, Movement.Reshaped(node, bias, [bias.Shape[0], .. Enumerable.Repeat((Dim)1, image.Type.Rank - 2)]));
    }
}
