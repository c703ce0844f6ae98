using Lathe.Formats.Onnx.Importing;
using Lathe.Formats.Onnx.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>Quantized values and arithmetic on them.</summary>
internal static class Quantization
{
    /// <summary>Without a zero point it is 0, of u8 or the type that output_dtype names.</summary>
    public static Value QuantizeLinear(NodeContext node)
    {
        node.TakesAtMost(3);
        var (x, scale) = (node.In(0), node.In(1));
        var type = node.Attributes.Int("output_dtype", 0) is not 0 and var number ? OnnxTypes.Element(number) : DType.UInt8;
        var zeroPoint = node.Optional(2) ?? node.Add(new Expand(scale.Shape), node.Builder.Scalar(0, type));
        if (node.Attributes.Has("output_dtype") && node.Attributes.Int("output_dtype", 0) != 0 && zeroPoint.Element != type)
            node.Fail($"its output_dtype says {type}, and its zero point is {zeroPoint.Type}");
        if (!x.Element.IsFloat)
            x = node.Add(new Cast(scale.Element), x);
        return node.Add(new QuantizeLinear(Axis(node, x, scale), node.Attributes.Int("block_size", 0)), x, scale, zeroPoint);
    }

    public static Value DequantizeLinear(NodeContext node)
    {
        node.TakesAtMost(3);
        var (x, scale) = (node.In(0), node.In(1));
        var op = new DequantizeLinear(Axis(node, x, scale), node.Attributes.Int("block_size", 0));
        return node.Optional(2) is { } zeroPoint ? node.Add(op, x, scale, zeroPoint) : node.Add(op, x, scale);
    }

    public static IReadOnlyList<Value?> DynamicQuantizeLinear(NodeContext node) => node.Builder.AddNode(new DynamicQuantizeLinear(), node.In(0)).Outputs;

    public static Value MatMulInteger(NodeContext node) => node.Add(new MatMulInteger(), WithZeroPoints(node));

    public static Value ConvInteger(NodeContext node)
    {
        var window = Windows.Of(node, node.In(0), node.In(1).Shape.Skip(2));
        return node.Add(new ConvInteger(window, node.Attributes.Int("group", 1), Layout.ChannelsFirst), WithZeroPoints(node));
    }

    public static Value QLinearMatMul(NodeContext node) => node.Add(new QLinearMatMul(), [.. Enumerable.Range(0, 8).Select(node.In)]);

    public static Value QLinearConv(NodeContext node)
    {
        var window = Windows.Of(node, node.In(0), node.In(3).Shape.Skip(2));
        var op = new QLinearConv(window, node.Attributes.Int("group", 1), Layout.ChannelsFirst);
        return node.Add(op, [.. Enumerable.Range(0, node.Has(8) ? 9 : 8).Select(node.In)]);
    }

    /// <summary>Two operands and their zero points as far as they are given; a first one that is left out before a second is 0.</summary>
    private static Value[] WithZeroPoints(NodeContext node)
    {
        var (a, b) = (node.In(0), node.In(1));
        if (node.Optional(3) is { } second)
            return [a, b, node.Optional(2) ?? node.ScalarLike(0, a), second];
        return node.Optional(2) is { } first ? [a, b, first] : [a, b];
    }

    /// <summary>The axis that a vector of scales goes along; one scale for all has none.</summary>
    private static int Axis(NodeContext node, Value x, Value scale) =>
        scale.Type.Rank == 0 || (scale.Type.Rank == 1 && scale.Shape[0] == 1) ? 0 : x.Shape.Axis(node.Attributes.Int("axis", 1));
}
