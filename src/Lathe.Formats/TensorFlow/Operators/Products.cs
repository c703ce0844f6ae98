using Lathe.Formats.TensorFlow.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>Matrix products.</summary>
internal static class Products
{
    public static Value MatMul(NodeContext node) => node.Add(new MatMul(node.Attributes.Flag("transpose_a"), node.Attributes.Flag("transpose_b")), node.In(0), node.In(1));

    public static Value BatchMatMul(NodeContext node) => node.Add(new MatMul(node.Attributes.Flag("adj_x"), node.Attributes.Flag("adj_y")), node.In(0), node.In(1));

    public static Value Einsum(NodeContext node) => node.Add(new Einsum(node.Attributes.Text("equation").Replace(" ", "", StringComparison.Ordinal)), node.InputsFrom(0));
}
