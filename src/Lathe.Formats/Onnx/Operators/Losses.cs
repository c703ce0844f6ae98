using Lathe.Formats.Onnx.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>Losses over classes: scores [N, C, d...], targets [N, d...], and maybe a weight for each class.</summary>
internal static class Losses
{
    public static Value NegativeLogLikelihood(NodeContext node) => Of(node, node.In(0), node.In(1), node.Optional(2));

    /// <summary>Outputs: the loss and the logarithms of the probabilities.</summary>
    public static IReadOnlyList<Value?> SoftmaxCrossEntropy(NodeContext node)
    {
        var logarithms = node.Add(new LogSoftmax(1), node.In(0));
        return [Of(node, logarithms, node.In(1), node.Optional(2)), logarithms];
    }

    private static Value Of(NodeContext node, Value logarithms, Value target, Value? weights)
    {
        if (logarithms.Type.Rank < 2 || target.Type.Rank != logarithms.Type.Rank - 1)
            node.Fail($"targets {target.Type} do not suit scores {logarithms.Type}");
        var type = logarithms.Element;
        Value? isIgnored = null;
        if (node.Attributes.Has("ignore_index"))
        {
            isIgnored = node.Add(new Equal(), target, node.ScalarLike(node.Attributes.Int("ignore_index", 0), target));
            target = node.Add(new Where(), isIgnored, node.ScalarLike(0, target), target);
        }
        var classes = Movement.Reshaped(node, target, [target.Shape[0], 1, .. target.Shape.Skip(1)]);
        var chosen = Movement.Reshaped(node, node.Add(new GatherElements(1), logarithms, classes), target.Shape);
        var weight = weights is not null ? node.Add(new Gather(0), weights, target) : node.Add(new Expand(target.Shape), node.Builder.Scalar(1, type));
        if (isIgnored is not null)
            weight = node.Add(new Where(), isIgnored, node.Builder.Scalar(0, type), weight);
        var loss = node.Add(new Neg(), node.Add(new Mul(), chosen, weight));
        var all = Enumerable.Range(0, target.Type.Rank).ToEquatableArray();
        var sum = new ReduceSum(all, KeepDims: false);
        return node.Attributes.Text("reduction", "mean") switch
        {
            "none" => loss,
            "sum" => node.Add(sum, loss),
            "mean" => node.Add(new Div(), node.Add(sum, loss), node.Add(sum, weight)),
            var other => throw new ModelException("LATHE3111", $"there is no reduction '{other}'"),
        };
    }
}
