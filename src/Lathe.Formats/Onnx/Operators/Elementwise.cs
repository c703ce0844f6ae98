using Lathe.Formats.Onnx.Importing;
using Lathe.Graphs;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>Ops whose output element depends on the inputs' elements at the same place.</summary>
internal static class Elementwise
{
    public static Value Unary<T>(NodeContext node) where T : Op, new() => node.Add(new T(), node.In(0));

    public static Value Binary<T>(NodeContext node) where T : Op, new()
    {
        var (a, b) = Operands(node);
        return node.Add(new T(), a, b);
    }

    /// <summary>
    /// The operands of a binary op. Until opset 6 the second broadcasts only where the attribute says so, and its first axis meets the
    /// axis of the first operand that "axis" names.
    /// </summary>
    private static (Value A, Value B) Operands(NodeContext node)
    {
        var (a, b) = (node.In(0), node.In(1));
        if (node.Opset >= 7 || !node.Attributes.Flag("broadcast") || !node.Attributes.Has("axis"))
            return (a, b);
        int axis = a.Shape.Axis(node.Attributes.Int("axis", 0));
        return (a, Movement.AppendOnes(node, b, a.Type.Rank - axis - b.Type.Rank));
    }
}
