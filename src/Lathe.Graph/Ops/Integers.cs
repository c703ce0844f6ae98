using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>What the integer products share.</summary>
internal static class Integers
{
    /// <summary>
    /// The element type of sums of products: that of both operands, or the wider integer that is asked for. Throws a <see cref="ModelException"/> where the
    /// operands have not one type, or are no narrower integers than the sum.
    /// </summary>
    public static DType SumOf(DType? sum, TensorType x, TensorType w)
    {
        if (sum is not { } wide)
            return x.Element == w.Element ? x.Element : throw new ModelException("LATHE2002", $"data {x} and weights {w} differ in element type");
        return wide is DType.Int32 or DType.Int64 && x.Element.IsInteger && w.Element.IsInteger && x.Element.Size < wide.Size && w.Element.Size < wide.Size
            ? wide
            : throw new ModelException("LATHE2003", $"products of {x} and {w} cannot be summed in {wide.Name}");
    }

    /// <summary>x less its zero point, in i32. A zero point may be one for all, or along an axis of x.</summary>
    public static Value Centre(GraphBuilder b, Value x, Value? zeroPoint, int axis)
    {
        var wide = b.Add(new Cast(DType.Int32), x);
        if (zeroPoint is null)
            return wide;
        return b.Add(new Sub(), wide, Along(b, b.Add(new Cast(DType.Int32), zeroPoint), x.Shape.Rank, axis));
    }

    /// <summary>A parameter shaped so that it broadcasts against a tensor along an axis; others than vectors stay as they are.</summary>
    public static Value Along(GraphBuilder b, Value parameter, int rank, int axis)
    {
        if (parameter.Shape.Rank != 1)
            return parameter;
        if (parameter.Shape[0] is { IsKnown: true, Value: 1 })
            return b.Add(new Reshape(Shape.Scalar), parameter);
        return b.Add(new Reshape([parameter.Shape[0], .. Enumerable.Repeat((Dim)1, rank - axis - 1)]), parameter);
    }

    /// <summary>round(accumulator * factor) + zero point, ties to even, saturated to the zero point's type.</summary>
    public static Value Requantize(GraphBuilder b, Value accumulator, Value factor, Value zeroPoint)
    {
        var scaled = b.Add(new Mul(), b.Add(new Cast(DType.Float32), accumulator), factor);
        return b.Add(new QuantizeLinear(0), scaled, b.Scalar(1, DType.Float32), zeroPoint);
    }

    /// <summary>The product of a node's scales over the output's, as f32, along an axis of the accumulator where a scale is a vector.</summary>
    public static Value Factor(GraphBuilder b, Value a, int aAxis, Value w, int wAxis, Value output, int rank)
    {
        Value Single(Value scale, int axis) => Along(b, b.Add(new Cast(DType.Float32), scale), rank, axis);
        return b.Add(new Div(), b.Add(new Mul(), Single(a, aAxis), Single(w, wAxis)), Single(output, 0));
    }
}
