using Lathe.Formats.Onnx.Importing;
using Lathe.Graphs;

namespace Lathe.Formats.Onnx.Operators;

internal static class Movement
{
    public static Value AppendOnes(NodeContext node, Value value, int count) => count <= 0 ? value : throw node.Unsupported("old broadcasting");
}
