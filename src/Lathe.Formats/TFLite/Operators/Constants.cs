using Lathe.Formats.TFLite.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>Operators whose values follow from options, types and shapes alone.</summary>
internal static class Constants
{
    /// <summary>The most elements of a tensor that a model describes instead of holding.</summary>
    private const long MaxElements = 1 << 22;

    public static Value ShapeOf(NodeContext node)
    {
        var shape = node.In(0).Shape;
        if (!shape.IsKnown)
            throw node.Unsupported($"the shape {shape} is not known; give the model's input shapes");
        return node.Builder.Constant(Tensor.Vector(shape.ToArray()).Cast(node.OutputElement()));
    }

    public static Value Rank(NodeContext node) => node.Builder.Constant(Tensor.Scalar(node.In(0).Type.Rank));

    public static Value Fill(NodeContext node) => node.Add(new Expand(Movement.TargetShape(node, node.Ints(0, "shape"))), node.Reshaped(node.In(1), Shape.Scalar));

    public static Value Range(NodeContext node)
    {
        var (start, limit, delta) = (node.Constant(0, "start"), node.Constant(1, "limit"), node.Constant(2, "delta"));
        if (start.Count != 1 || limit.Count != 1 || delta.Count != 1 || delta.GetDouble(0) == 0)
            node.Fail("its start, limit and delta should be one number each, and delta not 0");
        double elements = Math.Ceiling((limit.GetDouble(0) - start.GetDouble(0)) / delta.GetDouble(0));
        if (!(elements <= MaxElements))
            throw node.Unsupported($"a range of {elements} elements is not supported");
        var range = Tensor.Zeros(start.Type, [(long)Math.Max(0, elements)]);
        for (long i = 0; i < range.Count; i++)
            range.SetDouble(i, start.GetDouble(0) + (i * delta.GetDouble(0)));
        return node.Builder.Constant(range);
    }

    /// <summary>The shape that two shapes broadcast to.</summary>
    public static Value BroadcastArgs(NodeContext node)
    {
        var joined = Broadcasting.Join([Movement.TargetShape(node, node.Ints(0, "shape")), Movement.TargetShape(node, node.Ints(1, "shape"))]);
        return node.Builder.Constant(Tensor.Vector(joined.ToArray()).Cast(node.OutputElement()));
    }

    /// <summary>The places of non-zero elements; their number is the result's shape, so the operand itself must be constant.</summary>
    public static Value Where(NodeContext node)
    {
        var x = node.TryConstant(0) ?? throw node.Unsupported("its result's shape depends on data that only a run gives");
        var strides = x.Shape.Strides();
        long[] found = [.. Enumerable.Range(0, (int)x.Count).Where(i => x.GetDouble(i) != 0).Select(i => (long)i)];
        var indices = Tensor.Zeros(DType.Int64, [found.Length, x.Shape.Rank]);
        for (int i = 0; i < found.Length; i++)
            for (int axis = 0; axis < x.Shape.Rank; axis++)
                indices.SetInt64((i * x.Shape.Rank) + axis, found[i] / strides[axis] % x.Shape[axis].Value);
        return node.Builder.Constant(indices);
    }
}
