using Lathe.Formats.Onnx.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>Activations that have parameters, with the defaults of the standard.</summary>
internal static class Activations
{
    public static Value LeakyRelu(NodeContext node) => node.Add(new LeakyRelu(node.Attributes.Float("alpha", 0.01)), node.In(0));

    public static Value Elu(NodeContext node) => node.Add(new Elu(node.Attributes.Float("alpha", 1)), node.In(0));

    public static Value Celu(NodeContext node) => node.Add(new Celu(node.Attributes.Float("alpha", 1)), node.In(0));

    public static Value Selu(NodeContext node)
    {
        // Opset 1 had shorter decimals for the same constants.
        bool old = node.Opset < 6;
        return node.Add(
            new Selu(
                node.Attributes.Float("alpha", old ? 1.6732 : 1.67326319217681884765625),
                node.Attributes.Float("gamma", old ? 1.0507 : 1.05070102214813232421875)),
            node.In(0));
    }

    public static Value ThresholdedRelu(NodeContext node) => node.Add(new ThresholdedRelu(node.Attributes.Float("alpha", 1)), node.In(0));

    public static Value HardSigmoid(NodeContext node) =>
        node.Add(new HardSigmoid(node.Attributes.Float("alpha", 0.2), node.Attributes.Float("beta", 0.5)), node.In(0));

    public static Value Shrink(NodeContext node) =>
        node.Add(new Shrink(node.Attributes.Float("bias", 0), node.Attributes.Float("lambd", 0.5)), node.In(0));

    public static Value Swish(NodeContext node) => node.Add(new Swish(node.Attributes.Float("alpha", 1)), node.In(0));

    public static Value Gelu(NodeContext node) => node.Add(
        new Gelu(node.Attributes.Text("approximate", "none") switch
        {
            "none" => false,
            "tanh" => true,
            var other => throw new ModelException("LATHE3103", $"the approximation '{other}' should be none or tanh"),
        }),
        node.In(0));

    /// <summary>Until opset 6 a slope a channel is a plain vector.</summary>
    public static Value PRelu(NodeContext node)
    {
        var (x, slope) = (node.In(0), node.In(1));
        if (node.Opset < 7 && slope.Type.Rank == 1 && slope.Shape[0] != 1)
            slope = Movement.Reshaped(node, slope, [slope.Shape[0], .. Enumerable.Repeat((Dim)1, Math.Max(0, x.Type.Rank - 2))]);
        return node.Add(new PRelu(), x, slope);
    }

    /// <summary>Outside of training a dropout passes its input on, and its mask is true everywhere.</summary>
    public static IReadOnlyList<Value?> Dropout(NodeContext node)
    {
        bool trains = node.Opset switch
        {
            < 7 => !node.Attributes.Flag("is_test", true),
            < 12 => false,
            _ => node.Has(2) && node.ScalarInt(2, "training mode") != 0 && (!node.Has(1) || node.Scalar(1, "ratio") != 0),
        };
        if (trains)
            throw node.Unsupported("a dropout that trains is random");
        var x = node.In(0);
        if (!node.Needs(1))
            return [x];
        // The mask is bool since opset 10.
        var one = node.Builder.Scalar(1, node.Opset >= 10 ? DType.Bool : x.Element);
        return [x, node.Add(new Expand(x.Shape), one)];
    }
}
