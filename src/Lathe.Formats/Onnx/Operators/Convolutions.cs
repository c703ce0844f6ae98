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

    /// <summary>A value for each channel added.</summary>
    public static Value WithBias(NodeContext node, Value image, Value bias)
    {
        if (bias.Type.Rank != 1 || bias.Shape[0] != image.Shape[1])
            node.Fail($"the bias {bias.Type} should have an element for each channel of {image.Type}");
        return node.Add(new Add(), image, Movement.Reshaped(node, bias, [bias.Shape[0], .. Enumerable.Repeat((Dim)1, image.Type.Rank - 2)]));
    }
}
