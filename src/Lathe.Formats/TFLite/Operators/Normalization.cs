using Lathe.Formats.Importing;
using Lathe.Formats.TFLite.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>Normalizations, along the last axis.</summary>
internal static class Normalization
{
    public static Value Softmax(NodeContext node)
    {
        float beta = node.Options.Float(0);
        if (node.IsQuantized() && node.IsOutputQuantized())
            return IntegerActivations.Softmax(node, beta);
        var x = node.Real(0);
        return node.Add(new Softmax(x.Type.Rank - 1), beta == 1 ? x : node.Add(new Mul(), x, node.ScalarLike(beta, x)));
    }

    public static Value LogSoftmax(NodeContext node)
    {
        var x = node.Real(0);
        return Results.Of(node, node.Add(new LogSoftmax(x.Type.Rank - 1), x));
    }

    /// <summary>x divided by its 2-norm, which counts as 1e-6 at least.</summary>
    public static Value L2(NodeContext node)
    {
        if (node.IsQuantized())
            return IntegerActivations.L2Normalization(node);
        var x = node.Real(0);
        var norm = node.Add(new ReduceL2([x.Type.Rank - 1], KeepDims: true), x);
        return Activations.Fused(node, node.Add(new Div(), x, node.Add(new Max(), norm, node.ScalarLike(1e-6, x))), node.Options.Activation(0));
    }

    public static Value Lrn(NodeContext node) => node.Builder.Lrn(node.Real(0), node.Options.Int(0), node.Options.Float(1), node.Options.Float(2), node.Options.Float(3));
}
