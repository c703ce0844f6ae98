using Lathe.Formats.Importing;
using Lathe.Formats.TFLite.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>Operators whose values follow from options, types and shapes alone.</summary>
internal static class Constants
{
    public static Value ShapeOf(NodeContext node)
    {
        var shape = node.In(0).Shape;
        if (!shape.IsKnown)
            throw node.Unsupported($"the shape {shape} is not known; give the model's input shapes");
        return node.Builder.Constant(Tensor.Vector(shape.ToArray()).Cast(node.OutputElement()));
    }

    public static Value Rank(NodeContext node) => node.Builder.Constant(Tensor.Scalar(node.In(0).Type.Rank));

    public static Value Fill(NodeContext node) => node.Add(new Expand(Movement.TargetShape(node.Ints(0, "shape"))), node.Reshaped(node.In(1), Shape.Scalar));

    public static Value Range(NodeContext node) =>
        node.Builder.Constant(KnownValues.Range(node.Constant(0, "start"), node.Constant(1, "limit"), node.Constant(2, "delta")));

    /// <summary>The shape that two shapes broadcast to.</summary>
    public static Value BroadcastArgs(NodeContext node)
    {
        var joined = Broadcasting.Join([Movement.TargetShape(node.Ints(0, "shape")), Movement.TargetShape(node.Ints(1, "shape"))]);
        return node.Builder.Constant(Tensor.Vector(joined.ToArray()).Cast(node.OutputElement()));
    }

    /// <summary>The places of non-zero elements; their number is the result's shape, so the operand itself must be constant.</summary>
    public static Value Where(NodeContext node)
    {
        var x = node.TryConstant(0) ?? throw node.Unsupported("its result's shape depends on data that only a run gives");
        return node.Builder.Constant(KnownValues.NonZero(x));
    }
}
