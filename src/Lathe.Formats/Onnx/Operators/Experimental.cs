using Lathe.Formats.Onnx.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>Ops that were experimental until opset 10 and that old exporters, WinMLTools among them, wrote.</summary>
internal static class Experimental
{
    public static Value Affine(NodeContext node) =>
        node.Add(new Affine(node.Attributes.Float("alpha", 1), node.Attributes.Float("beta", 0)), node.In(0));

    public static Value ScaledTanh(NodeContext node) =>
        node.Add(new ScaledTanh(node.Attributes.Float("alpha", 1), node.Attributes.Float("beta", 1)), node.In(0));

    /// <summary>x * scale + a bias for each channel.</summary>
    public static Value ImageScaler(NodeContext node)
    {
        var x = node.In(0);
        var scaled = Products.Scaled(node, x, node.Attributes.Float("scale", 1));
        if (node.Attributes.Floats("bias") is not { } bias)
            return scaled;
        var perChannel = Tensor.Vector<double>(bias).Cast(x.Element);
        return Convolutions.WithBias(node, scaled, node.Builder.Constant(perChannel));
    }

    /// <summary>The image without a border (left, top, right, bottom), or the part of a given size from its left top corner on.</summary>
    public static Value Crop(NodeContext node)
    {
        var x = node.In(0);
        long[] border = node.Attributes.Ints("border") ?? [];
        if (border.Length != 4 || x.Type.Rank != 4)
            node.Fail($"a border of {border.Length} numbers does not suit {x.Type}");
        var (left, top, right, bottom) = (border[0], border[1], border[2], border[3]);
        long[]? size = node.Attributes.Ints("scale");
        if (size is not null && size.Length != 2)
            node.Fail("its scale should be a height and a width");
        long height = size?[0] ?? checked(x.Shape[2].Value - top - bottom), width = size?[1] ?? checked(x.Shape[3].Value - left - right);
        return Slices.Along(node, Slices.Along(node, x, 2, top, height), 3, left, width);
    }
}
