using Lathe.Formats.Onnx.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>Ops that turn indices into tensors or pick elements by their order.</summary>
internal static class Choices
{
    public static Value OneHot(NodeContext node)
    {
        var indices = node.In(0);
        long depth = node.ScalarInt(1, "depth");
        int rank = indices.Type.Rank;
        long axis = node.Attributes.Int("axis", -1);
        axis = axis < 0 ? axis + rank + 1 : axis;
        if (axis < 0 || axis > rank)
            node.Fail($"axis {axis} does not suit {indices.Type}");
        return node.Add(new OneHot(depth, (int)axis), indices, node.In(2));
    }
}
