using Lathe.Formats.TFLite.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>
/// Sums and means of integers that stand for reals. TFLite has kernels of their own for means over the places of images, which round otherwise.
/// </summary>
internal static class IntegerReductions
{
    public static Value Mean(NodeContext node)
    {
        var (x, axes, keep) = (node.In(0), Reductions.Axes(node), node.Options.Flag(0));
        var (from, to) = (node.Quantization(0), node.OutputQuantization());
        long count = axes.Aggregate(1L, (a, axis) => checked(a * x.Shape[axis].Value));
        if (count is 0 or > int.MaxValue / 65536)
            throw node.Unsupported($"a mean of {count} integers is not supported");
        if (keep && x.Type.Rank == 4 && node.Ints(1, "axes") is [1, 2] or [2, 1])
            return x.Element == DType.UInt8 ? UnsignedImageMean(node, x, axes, count) : ImageMean(node, x, axes, count);
        var sum = node.Add(new ReduceSum(axes, keep), node.Add(new Cast(DType.Int32), x));
        if (from.Scale == to.Scale && from.ZeroPoint == to.ZeroPoint)
            return node.Add(new Cast(node.OutputElement()), node.Add(new Div(), sum, node.Builder.Scalar(count, DType.Int32)));
        var mean = node.Add(new Div(), node.Add(new Cast(DType.Float32), sum), node.Builder.Scalar(count, DType.Float32));
        float scale = from.Scale / to.Scale;
        return Rounded(node, mean, scale, -from.ZeroPoint * scale);
    }

    public static Value Sum(NodeContext node)
    {
        var (x, axes, keep) = (node.In(0), Reductions.Axes(node), node.Options.Flag(0));
        var (from, to) = (node.Quantization(0), node.OutputQuantization());
        long count = axes.Aggregate(1L, (a, axis) => checked(a * x.Shape[axis].Value));
        float scale = from.Scale / to.Scale;
        var sum = node.Add(new ReduceSum(axes, keep), node.Add(new Cast(DType.Int32), x));
        return Rounded(node, node.Add(new Cast(DType.Float32), sum), scale, -from.ZeroPoint * scale * count);
    }

    /// <summary>Zero points are taken off after the rounding, as a whole number.</summary>
    private static Value UnsignedImageMean(NodeContext node, Value x, EquatableArray<int> axes, long count)
    {
        var (from, to) = (node.Quantization(0), node.OutputQuantization());
        float offset = from.ZeroPoint * from.Scale / to.Scale;
        int bias = -(int)(offset > 0 ? offset + 0.5f : offset - 0.5f);
        float factor = from.Scale / (count * to.Scale);
        var sum = node.Add(new ReduceSum(axes, KeepDims: true), node.Add(new Cast(DType.Int32), x));
        var scaled = FixedPoint.Scaled(node, sum, FixedPointRounding.TwiceAway, factor);
        return IntegerArithmetic.Stored(node, bias == 0 ? scaled : node.Add(new Add(), scaled, node.Builder.Scalar(bias, DType.Int32)), ActivationKind.None);
    }

    /// <summary>The sum is scaled, and then divided by the count, halves away from zero.</summary>
    private static Value ImageMean(NodeContext node, Value x, EquatableArray<int> axes, long count)
    {
        var (from, to) = (node.Quantization(0), node.OutputQuantization());
        var sum = node.Add(new ReduceSum(axes, KeepDims: true), IntegerArithmetic.Centred(node, x, from));
        var scaled = FixedPoint.Scaled(node, sum, FixedPointRounding.TwiceAway, (double)from.Scale / to.Scale);
        Value Whole(long value) => node.Builder.Scalar(value, DType.Int32);
        var half = node.Add(new Where(), node.Add(new Greater(), scaled, Whole(0)), Whole(count / 2), Whole(-(count / 2)));
        return IntegerArithmetic.Stored(node, node.Add(new Div(), node.Add(new Add(), scaled, half), Whole(count)), ActivationKind.None);
    }

    /// <summary>x * scale + bias, computed in single precision as the kernels do, and stored.</summary>
    private static Value Rounded(NodeContext node, Value x, float scale, float bias)
    {
        var real = node.Add(new Add(), node.Add(new Mul(), x, node.Builder.Scalar(scale, DType.Float32)), node.Builder.Scalar(bias, DType.Float32));
        var zero = Tensor.Zeros(node.OutputElement(), Shape.Scalar);
        zero.SetInt64(0, node.OutputQuantization().ZeroPoint);
        return node.Add(new QuantizeLinear(0, TiesAway: true), real, node.Builder.Scalar(1, DType.Float32), node.Builder.Constant(zero));
    }
}
