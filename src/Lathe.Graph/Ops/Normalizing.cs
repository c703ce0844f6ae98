using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>What the normalizing composites share.</summary>
internal static class Normalizing
{
    /// <summary>One float input, whose type is the output's, and an axis of it.</summary>
    public static EquatableArray<TensorType> InferAlong(Op op, IReadOnlyList<TensorType> inputs, int axis)
    {
        ElementTypes.Count(op, inputs, 1);
        ElementTypes.Float(op, inputs[0].Element);
        if (axis < 0 || axis >= inputs[0].Rank)
            throw new ModelException("LATHE2042", $"axis {axis} is out of range for {inputs[0]}");
        return [inputs[0]];
    }

    /// <summary>A float input, whose type is the output's, an axis of it, and operands that broadcast to it.</summary>
    public static EquatableArray<TensorType> InferTrailing(Op op, IReadOnlyList<TensorType> inputs, int axis)
    {
        InferAlong(op, [inputs[0]], axis);
        foreach (var operand in inputs.Skip(1))
            if (Broadcasting.Join([inputs[0].Shape, operand.Shape]) != inputs[0].Shape)
                throw new ModelException("LATHE2067", $"{operand} does not broadcast to {inputs[0]}");
        return [inputs[0]];
    }

    /// <summary>
    /// (x - mean) / sqrt(variance + epsilon) over axes; the variance is the mean of squared distances from the mean.
    /// </summary>
    public static Value Standardize(GraphBuilder b, Value x, EquatableArray<int> axes, double epsilon)
    {
        var centred = b.Add(new Sub(), x, b.Add(new ReduceMean(axes, KeepDims: true), x));
        return DivideByRootMeanSquare(b, centred, axes, epsilon);
    }

    /// <summary>x / sqrt(mean(x^2) + epsilon) over axes.</summary>
    public static Value DivideByRootMeanSquare(GraphBuilder b, Value x, EquatableArray<int> axes, double epsilon)
    {
        var variance = b.Add(new ReduceMean(axes, KeepDims: true), b.Add(new Mul(), x, x));
        return b.Add(new Div(), x, b.Add(new Sqrt(), b.Add(new Add(), variance, b.Scalar(epsilon, x.Element))));
    }

    /// <summary>A vector of one element a channel, shaped so that it broadcasts against an image of the layout.</summary>
    public static Value PerChannel(GraphBuilder b, Value vector, Layout layout, int rank) => layout == Layout.ChannelsLast
        ? vector
        : b.Add(new Reshape([vector.Shape[0], .. Enumerable.Repeat((Dim)1, rank - 2)]), vector);

    /// <summary>Throws unless a vector has one element a channel of x.</summary>
    public static void CheckPerChannel(TensorType x, Dim channels, IEnumerable<TensorType> vectors)
    {
        foreach (var vector in vectors)
            if (vector.Rank != 1 || (vector.Shape[0].IsKnown && channels.IsKnown && vector.Shape[0] != channels))
                throw new ModelException("LATHE2065", $"{vector} must be a vector with an element for each of the {channels} channels of {x}");
    }
}
