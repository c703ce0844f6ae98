using Lathe.Formats.Importing;
using Lathe.Formats.TensorFlow.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>Operators that take some of the elements.</summary>
internal static class Slices
{
    public static Value Slice(NodeContext node) => node.Builder.Sliced(node.In(0), node.Numbers(1), node.Ints(2, "size"));

    public static Value StridedSlice(NodeContext node)
    {
        int Mask(string name) => unchecked((int)node.Attributes.Int(name));
        return node.Builder.StridedSlice(node.In(0), new(
            [], [], node.Ints(3, "strides"),
            Mask("begin_mask"), Mask("end_mask"), Mask("ellipsis_mask"), Mask("new_axis_mask"), Mask("shrink_axis_mask")), node.Numbers(1), node.Numbers(2));
    }

    public static Value Gather(NodeContext node) => node.Builder.Gathered(node.In(0), node.In(1), 0, (int)Math.Clamp(node.Attributes.Int("batch_dims"), int.MinValue, int.MaxValue));

    public static Value GatherV2(NodeContext node)
    {
        var x = node.In(0);
        return node.Builder.Gathered(x, node.In(1), node.Axis(2, x), (int)Math.Clamp(node.Attributes.Int("batch_dims"), int.MinValue, int.MaxValue));
    }

    public static Value GatherNd(NodeContext node) => node.Add(new GatherND(0), node.In(0), node.In(1));
}
