using Lathe.Formats.Onnx.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>Normalizations and the softmax family.</summary>
internal static class Normalization
{
    public static IReadOnlyList<Value?> BatchNormalization(NodeContext node)
    {
        var x = node.In(0);
        var (scale, bias, mean, variance) = (Like(node, 1, x), Like(node, 2, x), Like(node, 3, x), Like(node, 4, x));
        double epsilon = node.Attributes.Float("epsilon", 1e-5);
        if (node.Opset < 9 && !node.Attributes.Flag("spatial", true))
            throw node.Unsupported("statistics for each pixel (spatial=0) are not supported");
        bool trains = node.Opset >= 14 ? node.Attributes.Flag("training_mode") : node.Opset < 7 && !node.Attributes.Flag("is_test", true);
        if (!trains)
            return [node.Add(new BatchNormalization(epsilon, Layout.ChannelsFirst), x, scale, bias, mean, variance)];

        var axes = Enumerable.Range(0, x.Type.Rank).Where(a => a != 1).ToEquatableArray();
        var (batchMean, batchVariance) = Statistics(node, x, axes);
        Value PerChannel(Value v) => Movement.Reshaped(node, v, [x.Shape[1]]);
        var y = node.Add(new BatchNormalization(epsilon, Layout.ChannelsFirst), x, scale, bias, PerChannel(batchMean), PerChannel(batchVariance));
        double momentum = node.Attributes.Float("momentum", 0.9);
        Value Running(Value old, Value now) =>
            node.Add(new Add(), Products.Scaled(node, old, momentum), Products.Scaled(node, PerChannel(now), 1 - momentum));
        return [y, Running(mean, batchMean), Running(variance, batchVariance)];
    }

    public static Value InstanceNormalization(NodeContext node) => node.Add(
        new InstanceNormalization(node.Attributes.Float("epsilon", 1e-5), Layout.ChannelsFirst), node.In(0), node.In(1), node.In(2));

    /// <summary>Outputs: the result, and for training the mean and the inverse of the standard deviation.</summary>
    public static IReadOnlyList<Value?> LayerNormalization(NodeContext node)
    {
        // ONNX Runtime's variant takes half-width data with wider parameters, and gives the parameters' type.
        var scale = node.In(1);
        var x = Like(node, 0, scale);
        int axis = x.Shape.Axis(node.Attributes.Int("axis", -1));
        double epsilon = node.Attributes.Float("epsilon", 1e-5);
        var op = new LayerNormalization(axis, epsilon);
        var y = node.Has(2) ? node.Add(op, x, scale, Like(node, 2, x)) : node.Add(op, x, scale);
        if (!node.Needs(1) && !node.Needs(2))
            return [y];
        var (mean, variance) = Statistics(node, x, Enumerable.Range(axis, x.Type.Rank - axis).ToEquatableArray());
        var inverse = node.Add(new Reciprocal(), node.Add(new Sqrt(), node.Add(new Add(), variance, node.ScalarLike(epsilon, variance))));
        return [y, mean, inverse];
    }

    public static Value RmsNormalization(NodeContext node)
    {
        node.TakesAtMost(2);
        var x = node.In(0);
        return node.Add(new RmsNormalization(x.Shape.Axis(node.Attributes.Int("axis", -1)), node.Attributes.Float("epsilon", 1e-5)), x, node.In(1));
    }

    /// <summary>Until opset 20 scale and bias have an element a group, since then one a channel.</summary>
    public static Value GroupNormalization(NodeContext node)
    {
        var (x, scale, bias) = (node.In(0), node.In(1), node.In(2));
        long groups = node.Attributes.Int("num_groups", 0);
        if (groups < 1 || x.Type.Rank < 2)
            node.Fail($"{groups} groups do not suit {x.Type}");
        if (node.Opset < 21)
        {
            var perGroup = x.Shape[1] / groups;
            Value PerChannel(Value v) => Movement.Reshaped(
                node, node.Add(new Expand([groups, perGroup]), Movement.Reshaped(node, v, [groups, 1])), [x.Shape[1]]);
            (scale, bias) = (PerChannel(scale), PerChannel(bias));
        }
        return node.Add(new GroupNormalization(groups, node.Attributes.Float("epsilon", 1e-5)), x, scale, bias);
    }

    public static Value Lrn(NodeContext node)
    {
        var attributes = node.Attributes;
        return node.Add(
            new LRN(attributes.Int("size", 0), attributes.Float("alpha", 1e-4), attributes.Float("beta", 0.75), attributes.Float("bias", 1)), node.In(0));
    }

    public static Value LpNormalization(NodeContext node)
    {
        var x = node.In(0);
        return node.Add(new LpNormalization(x.Shape.Axis(node.Attributes.Int("axis", -1)), (int)Math.Clamp(node.Attributes.Int("p", 2), 0, 9)), x);
    }

    public static Value MeanVarianceNormalization(NodeContext node)
    {
        var x = node.In(0);
        long[] axes = node.Attributes.Ints("axes") ?? [0, 2, 3];
        return node.Add(new MeanVarianceNormalization(axes.Select(a => x.Shape.Axis(a)).ToEquatableArray()), x);
    }

    public static Value Softmax(NodeContext node) => Along(node, axis => new Softmax(axis));

    public static Value LogSoftmax(NodeContext node) => Along(node, axis => new LogSoftmax(axis));

    public static Value Hardmax(NodeContext node) => Along(node, axis => new Hardmax(axis));

    /// <summary>Until opset 12 all axes from the given one on were taken together, and 1 was the default.</summary>
    private static Value Along(NodeContext node, Func<int, Op> make)
    {
        var x = node.In(0);
        if (node.Opset >= 13)
            return node.Add(make(x.Shape.Axis(node.Attributes.Int("axis", -1))), x);
        long given = node.Attributes.Int("axis", 1);
        int axis = given == x.Type.Rank ? x.Type.Rank : x.Shape.Axis(given);
        if (axis == x.Type.Rank - 1)
            return node.Add(make(axis), x);
        var matrix = Movement.Reshaped(node, x, [TargetShape.Product(x.Shape.Take(axis)), TargetShape.Product(x.Shape.Skip(axis))]);
        return Movement.Reshaped(node, node.Add(make(1), matrix), x.Shape);
    }

    /// <summary>A parameter, which may be of another float type than the data.</summary>
    private static Value Like(NodeContext node, int input, Value x) =>
        node.In(input) is var value && value.Element != x.Element && value.Element.IsFloat ? node.Add(new Cast(x.Element), value) : value;

    /// <summary>Mean and variance along axes, which stay with extent 1.</summary>
    private static (Value Mean, Value Variance) Statistics(NodeContext node, Value x, EquatableArray<int> axes)
    {
        var mean = node.Add(new ReduceMean(axes, KeepDims: true), x);
        var centred = node.Add(new Sub(), x, mean);
        return (mean, node.Add(new ReduceMean(axes, KeepDims: true), node.Add(new Mul(), centred, centred)));
    }
}
