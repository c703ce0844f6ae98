using Lathe.Formats.Onnx.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>Matrix products.</summary>
internal static class Products
{
    public static Value MatMul(NodeContext node) => MatMul(node, node.In(0), node.In(1));

    /// <summary>NumPy's matmul: a vector is a row on the left and a column on the right, and its axis is dropped afterwards.</summary>
    public static Value MatMul(NodeContext node, Value a, Value b)
    {
        if (a.Type.Rank == 0 || b.Type.Rank == 0)
            node.Fail($"a product of {a.Type} and {b.Type} is not defined");
        bool row = a.Type.Rank == 1, column = b.Type.Rank == 1;
        if (row)
            a = Movement.Reshaped(node, a, [1, a.Shape[0]]);
        if (column)
            b = Movement.Reshaped(node, b, [b.Shape[0], 1]);
        var product = node.Add(new MatMul(), a, b);
        int rank = product.Type.Rank;
        return Movement.Reshaped(node, product, [.. product.Shape.Where((_, axis) => !(row && axis == rank - 2) && !(column && axis == rank - 1))]);
    }

    /// <summary>alpha * A' * B' + beta * C.</summary>
    public static Value Gemm(NodeContext node)
    {
        var (a, b) = (node.In(0), node.In(1));
        if (a.Type.Rank != 2 || b.Type.Rank != 2)
            node.Fail($"{a.Type} and {b.Type} should be matrices");
        var product = node.Add(new MatMul(node.Attributes.Flag("transA"), node.Attributes.Flag("transB")), a, b);
        product = Scaled(node, product, node.Attributes.Float("alpha", 1));
        double beta = node.Attributes.Float("beta", 1);
        if (node.Optional(2) is not { } c || beta == 0)
            return product;
        var sum = node.Add(new Add(), product, Scaled(node, c, beta));
        if (sum.Shape != product.Shape)
            node.Fail($"C ({c.Type}) does not broadcast to {product.Type}");
        return sum;
    }

    public static Value Einsum(NodeContext node)
    {
        var op = new Einsum(node.Attributes.Text("equation", ""));
        var operands = node.InputsFrom(0);
        if (!op.HasEqualEllipses([.. operands.Select(o => o.Type.Rank)]))
            node.Fail($"the ellipses of '{op.Equation}' stand for different numbers of axes: {string.Join(", ", operands.Select(o => o.Type))}");
        return node.Add(op, operands);
    }

    public static Value Scaled(NodeContext node, Value value, double factor) =>
        factor == 1 ? value : node.Add(new Mul(), value, node.ScalarLike(factor, value));
}
