using Lathe.Formats.Onnx.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>Matrix products.</summary>
internal static class Products
{
    public static Value MatMul(NodeContext node) => node.Add(new MatMul(), node.In(0), node.In(1));
}
