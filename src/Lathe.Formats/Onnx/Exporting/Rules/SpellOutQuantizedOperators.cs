using Lathe.Formats.TFLite;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Exporting.Rules;

/// <summary>
/// Operators on scaled integers in ONNX's way: convolutions become QLinearConv, ops that only move or choose elements work on the integers as they are, and others on the reals between
/// DequantizeLinear and QuantizeLinear. ONNX multiplies by floats and rounds once, so that results can be one step off those of kernels that use integers throughout.
/// </summary>
internal sealed class SpellOutQuantizedOperators : Rule<QuantizedOperator>
{
    private static readonly HashSet<string> Moving =
    [
        "ARG_MAX", "ARG_MIN", "CONCATENATION", "DEPTH_TO_SPACE", "DEQUANTIZE", "GATHER", "MAX_POOL_2D", "MAXIMUM", "MINIMUM", "MIRROR_PAD", "PACK", "PAD", "PADV2", "REDUCE_MAX",
        "REDUCE_MIN", "RESIZE_NEAREST_NEIGHBOR", "SLICE", "SPACE_TO_DEPTH", "STRIDED_SLICE", "TILE", "TRANSPOSE",
    ];

    protected override Value? Apply(Node node, QuantizedOperator op, RewriteContext context)
    {
        var b = context.Builder;
        if (Moving.Contains(op.Operator) && op.Operands.Where(o => o.Scales.Count > 0).All(o => op.Result.Scales.Count == 0 || o == op.Result))
            return node.Inputs[0];
        if (op.Operator is "CONV_2D" or "DEPTHWISE_CONV_2D" && Bytes(node.Inputs[1]) && Bytes(node.Inputs[2]) && op.Operands[0].Scales.Count > 0 && ConvolutionOf(node.Inputs[0]) is { } conv)
            return Clipped(b, op, Convolved(b, node, op, conv));
        Value[] reals = [.. node.Inputs.Skip(1).Zip(op.Operands, (value, scaling) => scaling.Scales.Count == 0 ? value : Dequantized(b, value, scaling))];
        bool scaled = op.Result.Scales.Count > 0;
        var result = op.Operator == "QUANTIZE" ? reals[0] : RealOperators.Apply(b, op, reals, scaled ? node.Output.Type.WithElement(DType.Float32) : node.Output.Type);
        return scaled ? b.Add(new QuantizeLinear(op.Result.Axis), result, Scales(b, op.Result), Zeros(b, op.Result, node.Output.Element)) : result;
    }

    private static bool Bytes(Value value) => value.Element is DType.Int8 or DType.UInt8;

    /// <summary>The sums of products that an operator's result is made of.</summary>
    private static Node? ConvolutionOf(Value value)
    {
        while (value.Op is Cast or Clip or Add or FixedPointScale)
            value = value.Node.Inputs[0];
        return value.Op is ConvInteger ? value.Node : null;
    }

    private static Value Convolved(GraphBuilder b, Node node, QuantizedOperator op, Node conv)
    {
        var (window, groups, layout) = (ConvInteger)conv.Op;
        var (x, w, y) = (op.Operands[0], op.Operands[1], op.Result);
        var (data, weights) = (node.Inputs[1], conv.Inputs[1]);
        Value[] bias = node.Inputs.Length > 3 ? [node.Inputs[3]] : [];
        return b.Add(
            new QLinearConv(window, groups, layout),
            [data, Scales(b, x), Zeros(b, x, data.Element), weights, Scales(b, w), Zeros(b, w, weights.Element), Scales(b, y), Zeros(b, y, node.Output.Element), .. bias]);
    }

    /// <summary>The activation that a convolution ends with, where it cuts more than the type's range.</summary>
    private static Value Clipped(GraphBuilder b, QuantizedOperator op, Value y)
    {
        long Place(double real) => op.Result.ZeroPoints[0] + (long)MathF.Round((float)real / (float)op.Result.Scales[0], MidpointRounding.AwayFromZero);
        var (low, high) = (int)op.Options[op.Operator == "CONV_2D" ? 3 : 4] switch
        {
            1 => (Place(0), long.MaxValue),
            2 => (Place(-1), Place(1)),
            3 => (Place(0), Place(6)),
            _ => (long.MinValue, long.MaxValue),
        };
        var (least, most) = y.Element == DType.UInt8 ? (0, 255) : (-128, 127);
        return low <= least && high >= most ? y : b.Add(new Clip(Math.Max(low, least), Math.Min(high, most)), y);
    }

    private static Value Dequantized(GraphBuilder b, Value value, Scaling by) => b.Add(new DequantizeLinear(by.Axis), value, Scales(b, by), Zeros(b, by, value.Element));

    private static Value Scales(GraphBuilder b, Scaling by) => b.Constant(Tensor.Of<float>(ShapeOf(by), [.. by.Scales.Select(s => (float)s)]));

    private static Value Zeros(GraphBuilder b, Scaling by, DType type)
    {
        var zeros = Tensor.Zeros(type, ShapeOf(by));
        for (int i = 0; i < by.ZeroPoints.Count; i++)
            zeros.SetInt64(i, by.ZeroPoints[i]);
        return b.Constant(zeros);
    }

    private static Shape ShapeOf(Scaling by) => by.Scales.Count == 1 ? Shape.Scalar : Shape.Of(by.Scales.Count);
}
