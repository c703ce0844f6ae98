using Lathe.Formats.TFLite.Importing;
using Lathe.Formats.TFLite.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>Between reals and the integers that stand for them.</summary>
internal static class Quantization
{
    /// <summary>Floats to integers, or integers of one scale to those of another.</summary>
    public static Value Quantize(NodeContext node)
    {
        if (node.IsQuantized())
            return IntegerArithmetic.Requantize(node);
        return Quantized(node, node.Real(0), node.OutputQuantization(), node.OutputElement());
    }

    /// <summary>Integers, or half-width floats, to f32; constants at once, since models keep fp16 weights this way.</summary>
    public static Value Dequantize(NodeContext node)
    {
        var x = node.In(0);
        if (x.Element.IsHalf)
            return node.Widened(x);
        return x.Element.IsFloat ? x : Dequantized(node, x, node.Quantization(0));
    }

    /// <summary>scale * (x - zero point).</summary>
    public static Value Dequantized(NodeContext node, Value x, LiteQuantization by)
    {
        var (scale, zero) = Parameters(node, by, x.Element);
        return node.Add(new DequantizeLinear(AxisOf(by, x)), x, scale, zero);
    }

    /// <summary>round(x / scale) + zero point, ties away from zero, saturated.</summary>
    public static Value Quantized(NodeContext node, Value x, LiteQuantization by, DType type)
    {
        var (scale, zero) = Parameters(node, by, type);
        return node.Add(new QuantizeLinear(AxisOf(by, x), TiesAway: true), x, scale, zero);
    }

    private static int AxisOf(LiteQuantization by, Value x) => by.IsPerAxis ? x.Shape.Axis(by.Axis) : 0;

    private static (Value Scale, Value ZeroPoint) Parameters(NodeContext node, LiteQuantization by, DType type)
    {
        var shape = by.IsPerAxis ? Shape.Of(by.Scales.Count) : Shape.Scalar;
        var zero = Tensor.Zeros(type, shape);
        for (int i = 0; i < by.ZeroPoints.Count; i++)
            zero.SetInt64(i, by.ZeroPoints[i]);
        return (node.Builder.Constant(Tensor.Of(shape, by.Scales.AsSpan())), node.Builder.Constant(zero));
    }
}
