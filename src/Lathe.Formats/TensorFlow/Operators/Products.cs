using Lathe.Formats.Importing;
using Lathe.Formats.TensorFlow.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>Matrix products.</summary>
internal static class Products
{
    public static Value MatMul(NodeContext node) => node.Add(new MatMul(node.Attributes.Flag("transpose_a"), node.Attributes.Flag("transpose_b")), node.In(0), node.In(1));

    public static Value BatchMatMul(NodeContext node) => node.Add(new MatMul(node.Attributes.Flag("adj_x"), node.Attributes.Flag("adj_y")), node.In(0), node.In(1));

    /// <summary>Operands: indices, values and shape of a matrix, and the dense one that it is multiplied by.</summary>
    public static Value SparseMatMul(NodeContext node)
    {
        long[] shape = node.Ints(2, "shape");
        if (shape.Length != 2)
            node.Fail($"{Misfit.List(shape)} is no shape of a matrix");
        var dense = node.Builder.SparseToDense(node.In(0), GraphBuilder.TargetShape(shape), node.In(1), node.Builder.Scalar(0, node.In(1).Element));
        return node.Add(new MatMul(node.Attributes.Flag("adjoint_a"), node.Attributes.Flag("adjoint_b")), dense, node.In(3));
    }

    public static Value Einsum(NodeContext node) => node.Add(new Einsum(node.Attributes.Text("equation").Replace(" ", "", StringComparison.Ordinal)), node.InputsFrom(0));
}
