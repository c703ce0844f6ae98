using Lathe.Formats.TFLite.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>Matrix products.</summary>
internal static class Products
{
    /// <summary>Rows of the operand, whatever its rank, times weights [O, I].</summary>
    public static Value FullyConnected(NodeContext node)
    {
        var (x, w) = (node.In(0), node.In(1));
        if (w.Type.Rank != 2 || x.Type.Rank == 0 || w.Shape[1].Value == 0 || x.Shape.ElementCount % w.Shape[1].Value != 0)
            node.Fail($"weights {w.Type} do not suit {x.Type}");
        if (node.Options.Byte(1) != 0)
            throw node.Unsupported("shuffled weights are not supported");
        bool keeps = node.Options.Flag(2);
        if (keeps && x.Shape[^1] != w.Shape[1])
            node.Fail($"weights {w.Type} do not suit {x.Type}");
        Shape flat = [x.Shape.ElementCount / w.Shape[1].Value, w.Shape[1]];
        Shape shape = keeps ? [.. x.Shape.SkipLast(1), w.Shape[0]] : [flat[0], w.Shape[0]];
        var activation = node.Options.Activation(0);
        if (node.IsQuantized(0) && node.IsQuantized(1))
            return node.Reshaped(IntegerConvolutions.FullyConnected(node, node.Reshaped(x, flat), w, activation), shape);
        var rows = node.Reshaped(node.Real(0), flat);
        var product = node.IsQuantized(0) ? node.Add(new MatMul(TransposeB: true), rows, node.Real(1)) : Hybrid.Product(node, rows, 1, node.Options.Flag(3));
        return node.Reshaped(Activations.Fused(node, Convolutions.Biased(node, product, 2), activation), shape);
    }

    public static Value BatchMatMul(NodeContext node)
    {
        var op = new MatMul(node.Options.Flag(0), node.Options.Flag(1));
        return node.IsQuantized(0) && node.IsQuantized(1)
            ? IntegerConvolutions.BatchMatMul(node, op)
            : node.Add(op, node.Real(0), node.Real(1));
    }
}
