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

    /// <summary>x * (bias + alpha * sum of squares over the channels within a radius) ^ -beta.</summary>
    public static Value Lrn(NodeContext node)
    {
        var (x, options) = (node.Real(0), node.Options);
        if (x.Type.Rank != 4 || options.Int(0) is < 0 or > 1 << 20)
            node.Fail($"a radius of {options.Int(0)} does not suit {x.Type}");
        long size = (2L * options.Int(0)) + 1;
        return node.Add(new LRN(size, options.Float(2) * size, options.Float(3), options.Float(1), Layout.ChannelsLast), x);
    }
}
