using Lathe.Formats.Importing;
using Lathe.Formats.TensorFlow.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>Normalizations and losses.</summary>
internal static class Normalization
{
    public static Value Softmax(NodeContext node) => node.Add(new Softmax(LastAxis(node)), node.In(0));

    public static Value LogSoftmax(NodeContext node) => node.Add(new LogSoftmax(LastAxis(node)), node.In(0));

    /// <summary>
    /// Operands: x, scale, offset, mean, variance. While training, which is what a missing attribute means, mean and variance are the batch's own. Outputs: the result, mean and
    /// variance, and the same again.
    /// </summary>
    public static IReadOnlyList<Value> FusedBatchNorm(NodeContext node)
    {
        var x = node.In(0);
        var format = ImageFormat.Of(node, x.Type.Rank);
        var (scale, offset, mean, variance) = (node.In(1), node.In(2), node.In(3), node.In(4));
        var seen = variance;
        if (node.Attributes.Flag("is_training", true))
        {
            EquatableArray<int> axes = [.. Enumerable.Range(0, x.Type.Rank).Where(a => a != format.Channel)];
            var wide = scale.Element == x.Element ? x : node.Add(new Cast(scale.Element), x);
            var centre = node.Add(new ReduceMean(axes, KeepDims: true), wide);
            variance = node.Add(new ReduceMean(axes, KeepDims: false), node.Builder.Squared(node.Add(new Sub(), wide, centre)));
            mean = node.Reshaped(centre, variance.Shape);
            double count = x.Shape.ElementCount / Math.Max(1.0, variance.Shape.ElementCount);
            seen = node.Add(new Mul(), variance, node.ScalarLike(count / Math.Max(1, count - 1), variance));
        }
        var op = new BatchNormalization(node.Attributes.Float("epsilon", 0.0001f), format.Layout);
        // Narrow data is computed in the parameters' type.
        var y = node.Add(op, x.Element == scale.Element ? x : node.Add(new Cast(scale.Element), x), scale, offset, mean, variance);
        y = x.Element == y.Element ? y : node.Add(new Cast(x.Element), y);
        return [y, mean, seen, mean, variance, mean];
    }

    /// <summary>Operands: x, mean, variance, offset, scale.</summary>
    public static Value BatchNormWithGlobalNormalization(NodeContext node)
    {
        var (x, mean, variance, offset) = (node.In(0), node.In(1), node.In(2), node.In(3));
        var scale = node.Attributes.Flag("scale_after_normalization") ? node.In(4) : node.Builder.Filled(mean.Shape, 1, mean.Element);
        return node.Add(new BatchNormalization(node.Attributes.Float("variance_epsilon"), Layout.ChannelsLast), x, scale, offset, mean, variance);
    }

    public static Value Lrn(NodeContext node) => node.Builder.Lrn(
        node.In(0), node.Attributes.Int("depth_radius", 5), node.Attributes.Float("bias", 1), node.Attributes.Float("alpha", 1), node.Attributes.Float("beta", 1 / 2f));

    /// <summary>Cross entropy of rows with probabilities, and its gradient by the logits.</summary>
    public static IReadOnlyList<Value> SoftmaxCrossEntropy(NodeContext node)
    {
        var (logits, labels) = (node.In(0), node.In(1));
        var shape = Broadcasting.Join([logits.Shape, labels.Shape]);
        if (shape.Rank != 2)
            node.Fail($"{logits.Type} and {labels.Type} should be matrices");
        (logits, labels) = (Expanded(node, logits, shape), Expanded(node, labels, shape));
        var loss = node.Add(new Neg(), node.Add(new ReduceSum([1], KeepDims: false), node.Add(new Mul(), labels, node.Add(new LogSoftmax(1), logits))));
        return [loss, node.Add(new Sub(), node.Add(new Softmax(1), logits), labels)];
    }

    /// <summary>The same with the number of the one right class a row.</summary>
    public static IReadOnlyList<Value> SparseSoftmaxCrossEntropy(NodeContext node)
    {
        var (logits, labels) = (node.In(0), node.In(1));
        if (logits.Type.Rank != 2)
            node.Fail($"{logits.Type} should be a matrix");
        var right = node.Builder.OneHot(labels, logits.Shape[1].Value, 1, node.ScalarLike(1, logits), node.ScalarLike(0, logits));
        var loss = node.Add(new Neg(), node.Add(new ReduceSum([1], KeepDims: false), node.Add(new Mul(), right, node.Add(new LogSoftmax(1), logits))));
        return [loss, node.Add(new Sub(), node.Add(new Softmax(1), logits), right)];
    }

    private static Value Expanded(NodeContext node, Value x, Shape shape) => x.Shape == shape ? x : node.Add(new Expand(shape), x);

    private static int LastAxis(NodeContext node) => node.In(0).Type.Rank is > 0 and var rank ? rank - 1 : throw Misfit.Of("a scalar has no classes");
}
