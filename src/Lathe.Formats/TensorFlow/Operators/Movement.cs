using Lathe.Formats.Importing;
using Lathe.Formats.TensorFlow.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>Operators that change shapes or the order of elements, and keep elements as they are.</summary>
internal static class Movement
{
    public static Value Reshape(NodeContext node) => node.Builder.ReshapedTo(node.In(0), node.Ints(1, "shape"));

    public static Value Squeeze(NodeContext node) => node.Builder.Squeezed(node.In(0), node.Attributes.Ints("squeeze_dims"));

    public static Value ExpandDims(NodeContext node) => node.Builder.Unsqueezed(node.In(0), node.Int(1, "axis"));

    public static Value Transpose(NodeContext node)
    {
        var x = node.In(0);
        return node.Permuted(x, [.. node.Ints(1, "permutation").Select(p => x.Shape.Axis(p))]);
    }

    /// <summary>The axis is the last operand, or in the first version the first.</summary>
    public static Value ConcatV2(NodeContext node) => Joined(node, node.InputsFrom(0, node.InputCount - 1), node.Int(Math.Max(0, node.InputCount - 1), "axis"));

    public static Value Concat(NodeContext node) => Joined(node, node.InputsFrom(1), node.Int(0, "axis"));

    public static Value Pack(NodeContext node) => node.Builder.Packed(node.InputsFrom(0), node.Attributes.Int("axis"));

    /// <summary>Parts of one row each.</summary>
    public static Value ParallelConcat(NodeContext node) => Joined(node, node.InputsFrom(0), 0);

    public static IReadOnlyList<Value> Unpack(NodeContext node)
    {
        var x = node.In(0);
        int axis = x.Shape.Axis(node.Attributes.Int("axis"));
        if (node.Attributes.Int("num", x.Shape[axis].Value) != x.Shape[axis].Value)
            node.Fail($"axis {axis} of {x.Type} does not make {node.Attributes.Int("num")} outputs");
        return node.Builder.Unpacked(x, axis);
    }

    public static IReadOnlyList<Value> Split(NodeContext node)
    {
        var x = node.In(1);
        int axis = node.Axis(0, x);
        long count = node.Attributes.Int("num_split", 1);
        if (count < 1 || x.Shape[axis].Value % count != 0)
            node.Fail($"axis {axis} of {x.Type} does not divide into {count} parts");
        return node.Builder.Parted(x, axis, [.. Enumerable.Repeat(x.Shape[axis].Value / count, (int)Math.Min(count, x.Shape[axis].Value + 1))]);
    }

    public static IReadOnlyList<Value> SplitV(NodeContext node)
    {
        var x = node.In(0);
        return node.Builder.Parted(x, node.Axis(2, x), node.Ints(1, "sizes"));
    }

    public static Value Pad(NodeContext node) => node.Builder.Padded(node.In(0), node.Ints(1, "padding"));

    /// <summary>The padding's value is the third operand.</summary>
    public static Value PadV2(NodeContext node) => node.Builder.Padded(node.In(0), node.Ints(1, "padding"), node.Number(2, "padding value"));

    public static Value MirrorPad(NodeContext node) => node.Builder.Mirrored(node.In(0), node.Ints(1, "padding"), node.Attributes.Text("mode") == "SYMMETRIC");

    public static Value Tile(NodeContext node) => node.Add(new Tile(node.Ints(1, "repeats")), node.In(0));

    public static Value BroadcastTo(NodeContext node) => node.Add(new Expand(GraphBuilder.TargetShape(node.Ints(1, "shape"))), node.In(0));

    public static Value ReverseV2(NodeContext node)
    {
        var x = node.In(0);
        return node.Builder.Reversed(x, node.Ints(1, "axes").Select(a => x.Shape.Axis(a)).ToHashSet());
    }

    /// <summary>A bool for each axis.</summary>
    public static Value Reverse(NodeContext node)
    {
        var chosen = node.Constant(1, "axes");
        return node.Builder.Reversed(node.In(0), Enumerable.Range(0, (int)chosen.Count).Where(i => chosen.GetInt64(i) != 0).ToHashSet());
    }

    public static Value ReverseSequence(NodeContext node)
    {
        var x = node.In(0);
        return node.Add(new ReverseSequence(x.Shape.Axis(node.Attributes.Int("batch_dim")), x.Shape.Axis(node.Attributes.Int("seq_dim"))), x, node.In(1));
    }

    public static Value SpaceToDepth(NodeContext node)
    {
        long block = node.Attributes.Int("block_size");
        return node.Attributes.Text("data_format", "NHWC") switch
        {
            "NHWC" => node.Builder.SpaceToDepth(node.In(0), block),
            "NCHW" => node.Add(new SpaceToDepth(block), node.In(0)),
            var format => throw node.Unsupported($"the layout {format} is not supported"),
        };
    }

    public static Value DepthToSpace(NodeContext node)
    {
        long block = node.Attributes.Int("block_size");
        return node.Attributes.Text("data_format", "NHWC") switch
        {
            "NHWC" => node.Builder.DepthToSpace(node.In(0), block),
            "NCHW" => node.Add(new DepthToSpace(block, Crd: false), node.In(0)),
            var format => throw node.Unsupported($"the layout {format} is not supported"),
        };
    }

    public static Value SpaceToBatchND(NodeContext node) => node.Builder.SpaceToBatch(node.In(0), node.Ints(1, "block shape"), node.Ints(2, "padding"));

    public static Value BatchToSpaceND(NodeContext node) => node.Builder.BatchToSpace(node.In(0), node.Ints(1, "block shape"), node.Ints(2, "crops"));

    /// <summary>The same block along rows and columns.</summary>
    public static Value SpaceToBatch(NodeContext node)
    {
        long block = node.Attributes.Int("block_size");
        return node.Builder.SpaceToBatch(node.In(0), [block, block], node.Ints(1, "padding"));
    }

    public static Value BatchToSpace(NodeContext node)
    {
        long block = node.Attributes.Int("block_size");
        return node.Builder.BatchToSpace(node.In(0), [block, block], node.Ints(1, "crops"));
    }

    /// <summary>Elements move along axes by so many places; those that leave come in at the other end.</summary>
    public static Value Roll(NodeContext node)
    {
        var x = node.In(0);
        long[] shifts = node.Ints(1, "shift"), axes = node.Ints(2, "axis");
        if (shifts.Length != axes.Length)
            node.Fail($"{shifts.Length} shifts do not suit {axes.Length} axes");
        foreach (var (shift, given) in shifts.Zip(axes))
        {
            int axis = x.Shape.Axis(given);
            long extent = x.Shape[axis].Value, by = extent == 0 ? 0 : ((shift % extent) + extent) % extent;
            if (by > 0)
                x = node.Add(new Concat(axis), node.Builder.Along(x, axis, extent - by, by), node.Builder.Along(x, axis, 0, extent - by));
        }
        return x;
    }

    private static Value Joined(NodeContext node, Value[] parts, long axis)
    {
        if (parts.Length == 0)
            node.Fail("it has no operands");
        return parts.Length == 1 ? parts[0] : node.Add(new Concat(parts[0].Shape.Axis(axis)), parts);
    }
}
