using Lathe.Formats.Onnx.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>Ops that pick, place or order elements by index or value.</summary>
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

    /// <summary>Values and indices; "sorted" may be ignored, because the order of unsorted results is free.</summary>
    public static IReadOnlyList<Value?> TopK(NodeContext node)
    {
        var x = node.In(0);
        long k = node.Opset < 10 ? node.Attributes.Int("k", 0) : node.ScalarInt(1, "number of elements");
        return node.Builder.AddNode(new TopK(x.Shape.Axis(node.Attributes.Int("axis", -1)), k, node.Attributes.Flag("largest", true)), x).Outputs;
    }

    public static Value CumSum(NodeContext node)
    {
        var x = node.In(0);
        int axis = x.Shape.Axis(node.ScalarInt(1, "axis"));
        return node.Add(new CumSum(axis, node.Attributes.Flag("exclusive"), node.Attributes.Flag("reverse")), x);
    }

    public static Value GatherND(NodeContext node) =>
        node.Add(new GatherND((int)Math.Clamp(node.Attributes.Int("batch_dims", 0), -1, int.MaxValue)), node.In(0), node.In(1));

    public static Value ScatterElements(NodeContext node)
    {
        var x = node.In(0);
        return node.Add(new ScatterElements(x.Shape.Axis(node.Attributes.Int("axis", 0)), Reduction(node)), x, node.In(1), node.In(2));
    }

    public static Value ScatterND(NodeContext node) => node.Add(new ScatterND(Reduction(node)), node.In(0), node.In(1), node.In(2));

    public static Value ReverseSequence(NodeContext node)
    {
        var x = node.In(0);
        return node.Add(
            new ReverseSequence(x.Shape.Axis(node.Attributes.Int("batch_axis", 1)), x.Shape.Axis(node.Attributes.Int("time_axis", 0))), x, node.In(1));
    }

    public static Value Trilu(NodeContext node) =>
        node.Add(new Trilu(node.Attributes.Flag("upper", true), node.Has(1) ? node.ScalarInt(1, "diagonal") : 0), node.In(0));

    private static ScatterReduction Reduction(NodeContext node) => node.Attributes.Text("reduction", "none") switch
    {
        "none" => ScatterReduction.None,
        "add" => ScatterReduction.Add,
        "mul" => ScatterReduction.Mul,
        "max" => ScatterReduction.Max,
        "min" => ScatterReduction.Min,
        var other => throw new ModelException("LATHE3121", $"there is no reduction '{other}'"),
    };
}
