using Lathe.Formats.TFLite.Importing;
using Lathe.Formats.TFLite.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>Sums of products of integers that stand for reals: exact sums, then one factor for all or one a channel.</summary>
internal static class IntegerConvolutions
{
    /// <param name="weights">As <see cref="Graphs.Ops.Conv"/> wants them.</param>
    /// <param name="channelAxis">The axis of the stored weights that scales may go along.</param>
    public static Value Conv(NodeContext node, Window window, long groups, Value weights, int channelAxis, ActivationKind activation)
    {
        var by = node.Quantization(1);
        if (by.IsPerAxis && by.Axis != channelAxis)
            throw node.Unsupported($"its weights have scales along axis {by.Axis}");
        var x = node.In(0);
        if (x.Element == DType.Int16)
        {
            var wide = node.Add(new Conv(window, groups, Layout.ChannelsLast), Wide(node, x, node.Quantization(0)), Wide(node, weights, by));
            return Finished(node, wide, 0, 2, activation, FixedPointRounding.Once);
        }
        var sum = node.Add(new ConvInteger(window, groups, Layout.ChannelsLast), x, weights, ZeroPoint(node, x, node.Quantization(0)), ZeroPoint(node, weights, by));
        return Finished(node, sum, 0, 2, activation, node.Code.Builtin == BuiltinOperator.DEPTHWISE_CONV_2D ? FixedPointRounding.TwiceAway : FixedPointRounding.TwiceUp);
    }

    public static Value TransposeConv(NodeContext node, ConvTranspose op, Value weights, ActivationKind activation)
    {
        var (x, by) = (node.In(2), node.Quantization(1));
        Value Operand(Value value, LiteQuantization q) => x.Element == DType.Int16 ? Wide(node, value, q) : IntegerArithmetic.Centred(node, value, q);
        return Finished(node, node.Add(op, Operand(x, node.Quantization(2)), Operand(weights, by)), 2, 3, activation, FixedPointRounding.TwiceAway);
    }

    /// <param name="x">Rows.</param>
    public static Value FullyConnected(NodeContext node, Value x, Value weights, ActivationKind activation)
    {
        var (by, columns) = (node.Quantization(1), node.Permuted(weights, 1, 0));
        if (x.Element == DType.Int16)
        {
            var wide = node.Add(new MatMul(), Wide(node, x, node.Quantization(0)), Wide(node, columns, by));
            return Finished(node, wide, 0, 2, activation, FixedPointRounding.Once);
        }
        var sum = node.Add(new MatMulInteger(), x, columns, ZeroPoint(node, x, node.Quantization(0)), ZeroPoint(node, columns, by));
        return Finished(node, sum, 0, 2, activation, FixedPointRounding.TwiceUp);
    }

    public static Value BatchMatMul(NodeContext node, MatMul op)
    {
        var (a, b) = (node.In(0), node.In(1));
        Value Operand(Value value, int input) => a.Element == DType.Int16 ? Wide(node, value, node.Quantization(input)) : IntegerArithmetic.Centred(node, value, node.Quantization(input));
        return Finished(node, node.Add(op, Operand(a, 0), Operand(b, 1)), 0, 3, ActivationKind.None, FixedPointRounding.TwiceUp);
    }

    /// <summary>Bias, factor, zero point, activation.</summary>
    private static Value Finished(NodeContext node, Value sum, int data, int bias, ActivationKind activation, FixedPointRounding rounding)
    {
        if (node.Optional(bias) is { } given)
        {
            if (given.Type.Rank != 1 || given.Shape[0] != sum.Shape[^1])
                node.Fail($"the bias {given.Type} should have an element for each channel of {sum.Type}");
            sum = node.Add(new Add(), sum, given.Element == sum.Element ? given : node.Add(new Cast(sum.Element), given));
        }
        var factors = Factors(node, data);
        var scaled = sum.Element == DType.Int64 ? FixedPoint.ScaledWide(node, sum, factors) : FixedPoint.Scaled(node, sum, rounding, factors);
        return IntegerArithmetic.Stored(node, scaled, activation);
    }

    /// <summary>Scale of the data times that of the weights over that of the output. For one scale of weights the kernels multiply in single precision.</summary>
    private static double[] Factors(NodeContext node, int data)
    {
        var (x, w, y) = (node.Quantization(data), node.Quantization(1), node.OutputQuantization());
        bool each = w.IsPerAxis || (node.In(data).Element != DType.UInt8 && node.Code.Builtin is not (BuiltinOperator.FULLY_CONNECTED or BuiltinOperator.BATCH_MATMUL));
        return each ? [.. w.Scales.Select(s => (double)x.Scale * s / y.Scale)] : [(double)(x.Scale * w.Scale) / y.Scale];
    }

    private static Value Wide(NodeContext node, Value x, LiteQuantization by)
    {
        var wide = node.Add(new Cast(DType.Int64), x);
        return by.ZeroPoint == 0 ? wide : node.Add(new Sub(), wide, node.Builder.Scalar(by.ZeroPoint, DType.Int64));
    }

    private static Value ZeroPoint(NodeContext node, Value x, LiteQuantization by)
    {
        if (by.ZeroPoints.Any(z => z != by.ZeroPoint))
            throw node.Unsupported("its weights have different zero points");
        return node.ScalarLike(by.ZeroPoint, x);
    }
}
