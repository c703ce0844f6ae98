using Lathe.Formats.TFLite.Importing;
using Lathe.Formats.TFLite.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>
/// Products of floats with stored 8-bit weights ("dynamic range"). TFLite's kernels round the data to 8 bits first, each row or image by its own range, sum products of
/// integers, and multiply by both scales.
/// </summary>
internal static class Hybrid
{
    /// <summary>Whether TFLite rounds the floats that meet these weights.</summary>
    public static bool Takes(NodeContext node, int weights) =>
        node.TensorOf(weights) is { Type: LiteType.Int8 or LiteType.Int4, Quantization: { } by } && by.ZeroPoints.All(z => z == 0);

    /// <summary>Rows [rows, in] times the operand's weights [out, in], whatever these are stored as.</summary>
    /// <param name="asymmetric">Whether rows have zero points of their own.</param>
    public static Value Product(NodeContext node, Value rows, int weights, bool asymmetric = false)
    {
        if (!Takes(node, weights))
            return node.Add(new MatMul(TransposeB: true), rows, node.Real(weights));
        var w = node.In(weights);
        if (w.Type.Rank != 2 || w.Shape[1] != rows.Shape[^1])
            node.Fail($"weights {w.Type} do not suit {rows.Type}");
        var columns = node.Permuted(w, 1, 0);
        var (integers, scale, zero) = Rounded(node, rows, [1], asymmetric);
        var sum = zero is null
            ? node.Add(new MatMulInteger(), integers, columns)
            : node.Add(new MatMulInteger(), integers, columns, node.Reshaped(zero, [rows.Shape[0]]));
        return Scaled(node, sum, scale, node.Quantization(weights));
    }

    /// <summary>A convolution of images with channels last with stored weights, arranged as <see cref="Conv"/> wants them.</summary>
    public static Value Conv(NodeContext node, Window window, long groups, Value weights)
    {
        var (images, by) = (node.In(0), node.Quantization(1));
        bool asymmetric = by.IsPerAxis || node.Code.Builtin == BuiltinOperator.DEPTHWISE_CONV_2D;
        var (integers, scale, zero) = Rounded(node, images, [1, 2, 3], asymmetric);
        Value sum;
        if (zero is null)
        {
            sum = node.Add(new ConvInteger(window, groups, Layout.ChannelsLast), integers, weights);
        }
        else if (images.Shape[0] == 1)
        {
            sum = node.Add(new ConvInteger(window, groups, Layout.ChannelsLast), integers, weights, node.Reshaped(zero, Shape.Scalar));
        }
        else
        {
            Value Wide(Value x) => node.Add(new Cast(DType.Int32), x);
            sum = node.Add(new Conv(window, groups, Layout.ChannelsLast), node.Add(new Sub(), Wide(integers), Wide(zero)), Wide(weights));
        }
        return Scaled(node, sum, scale, by);
    }

    private static Value Scaled(NodeContext node, Value sum, Value scale, LiteQuantization by)
    {
        var stored = node.Builder.Constant(by.IsPerAxis ? Tensor.Vector<float>([.. by.Scales]) : Tensor.Scalar(by.Scale));
        return node.Add(new Mul(), node.Add(new Cast(DType.Float32), sum), node.Add(new Mul(), scale, stored));
    }

    /// <summary>Floats as int8 with the scale of everything along some axes, which become 1 in it, and maybe a zero point.</summary>
    private static (Value Integers, Value Scale, Value? Zero) Rounded(NodeContext node, Value x, EquatableArray<int> axes, bool asymmetric)
    {
        Value Number(double value, DType type = DType.Float32) => node.Builder.Scalar(value, type);
        Value Integers(Value real) => node.Add(new QuantizeLinear(0, TiesAway: true), real, Number(1), Number(0, DType.Int8));
        if (!asymmetric)
        {
            var range = node.Add(new ReduceMax(axes, KeepDims: true), node.Add(new Abs(), x));
            range = node.Add(new Where(), node.Add(new Equal(), range, Number(0)), Number(127), range);
            return (Integers(node.Add(new Mul(), x, node.Add(new Div(), Number(127), range))), node.Add(new Div(), range, Number(127)), null);
        }
        // The kernels choose the zero point in double precision.
        Value Wide(Op reduction) => node.Add(new Cast(DType.Float64), node.Add(reduction, x));
        Value Wider(double value) => Number(value, DType.Float64);
        var least = node.Add(new Min(), Wide(new ReduceMin(axes, KeepDims: true)), Wider(0));
        var most = node.Add(new Max(), Wide(new ReduceMax(axes, KeepDims: true)), Wider(0));
        var span = node.Add(new Sub(), most, least);
        span = node.Add(new Where(), node.Add(new Equal(), span, Wider(0)), Wider(255), span);
        var step = node.Add(new Div(), span, Wider(255));
        var (low, high) = (node.Add(new Div(), least, step), node.Add(new Div(), most, step));
        var fromLow = node.Add(new Sub(), Wider(-128), low);
        var fromHigh = node.Add(new Sub(), Wider(127), high);
        var isLow = node.Add(new Less(), node.Add(new Add(), Wider(128), node.Add(new Abs(), low)), node.Add(new Add(), Wider(127), node.Add(new Abs(), high)));
        var zero = node.Add(new QuantizeLinear(0, TiesAway: true), node.Add(new Where(), isLow, fromLow, fromHigh), Wider(1), Number(0, DType.Int8));
        var scale = node.Add(new Cast(DType.Float32), step);
        var moved = node.Add(new Add(), node.Add(new Cast(DType.Float32), zero), node.Add(new Mul(), x, node.Add(new Div(), Number(1), scale)));
        return (Integers(moved), scale, zero);
    }
}
