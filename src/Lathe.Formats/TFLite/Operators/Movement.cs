using Lathe.Formats.Importing;
using Lathe.Formats.TFLite.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>Operators that change shapes or the order of elements, and keep elements as they are.</summary>
internal static class Movement
{
    /// <summary>The shape is an operand or, in old models, an option; -1 takes what is left.</summary>
    public static Value Reshape(NodeContext node)
    {
        var x = node.In(0);
        long[]? given = node.Has(1) && node.In(1).Element.IsInteger ? node.IntsOrDeclared(1) : node.Options.Ints(0)?.Select(e => (long)e).ToArray();
        given ??= [.. node.OutputTensor().Shape.Select(e => (long)e)];
        // Old models write a scalar's shape as [0].
        if (given is [0] && x.Shape.ElementCount == 1)
            return node.Reshaped(x, Shape.Scalar);
        return node.Builder.ReshapedTo(x, given);
    }

    public static Value Squeeze(NodeContext node) => node.Builder.Squeezed(node.In(0), [.. (node.Options.Ints(0) ?? []).Select(a => (long)a)]);

    public static Value ExpandDims(NodeContext node)
    {
        var x = node.In(0);
        return Unsqueezed(node, x, node.Int(1, "axis"));
    }

    public static Value Transpose(NodeContext node)
    {
        var x = node.In(0);
        return node.Permuted(x, [.. node.Ints(1, "permutation").Select(p => x.Shape.Axis(p))]);
    }

    public static Value Concatenation(NodeContext node)
    {
        var parts = node.InputsFrom(0);
        if (parts.Length == 0)
            node.Fail("it has no operands");
        if (node.IsOutputQuantized())
            parts = [.. parts.Select((part, i) => IntegerArithmetic.Rescaled(node, part, node.Quantization(i), node.OutputQuantization()))];
        int axis = parts[0].Shape.Axis(node.Options.Int(0));
        var joined = parts.Length == 1 ? parts[0] : node.Add(new Concat(axis), parts);
        return node.IsOutputQuantized() ? joined : Activations.Fused(node, joined, node.Options.Activation(1));
    }

    /// <summary>Elements moved apart along each axis, with a value between them. Operands: data, distances, the value.</summary>
    public static Value Dilate(NodeContext node)
    {
        var x = node.In(0);
        long[] distances = node.Ints(1, "distances");
        double between = node.Constant(2, "value between elements") is { Count: 1 } given ? given.GetDouble(0) : throw new ModelException("LATHE3214", "its value between elements should be one number");
        if (distances.Length != x.Type.Rank || distances.Any(d => d is < 1 or > 1 << 16))
            node.Fail($"distances [{string.Join(", ", distances)}] do not suit {x.Type}");
        for (int axis = 0; axis < distances.Length; axis++)
        {
            long extent = x.Shape[axis].Value, distance = distances[axis];
            if (distance == 1 || extent == 0)
                continue;
            // Each element with what follows it, and then without what follows the last.
            var apart = Unsqueezed(node, x, axis + 1);
            var after = new long[apart.Type.Rank];
            after[axis + 1] = distance - 1;
            var filled = node.Add(new Pad(new long[after.Length], after, PadMode.Constant, between), apart);
            var joined = node.Reshaped(filled, [.. x.Shape.Take(axis), extent * distance, .. x.Shape.Skip(axis + 1)]);
            x = Slices.Along(node, joined, axis, 0, ((extent - 1) * distance) + 1);
        }
        return x;
    }

    public static Value Pack(NodeContext node) => node.Builder.Packed(node.InputsFrom(0), node.Options.Int(1));

    public static IReadOnlyList<Value?> Unpack(NodeContext node)
    {
        var x = node.In(0);
        int axis = x.Shape.Axis(node.Options.Int(1));
        if (x.Shape[axis].Value != node.OutputCount)
            node.Fail($"axis {axis} of {x.Type} does not make {node.OutputCount} outputs");
        return node.Builder.Unpacked(x, axis);
    }

    public static IReadOnlyList<Value?> Split(NodeContext node)
    {
        var x = node.In(1);
        int axis = node.Axis(0, x);
        long part = node.OutputCount > 0 ? x.Shape[axis].Value / node.OutputCount : 0;
        return node.Builder.Parted(x, axis, [.. Enumerable.Repeat(part, node.OutputCount)]);
    }

    public static IReadOnlyList<Value?> SplitV(NodeContext node)
    {
        var x = node.In(0);
        long[] sizes = node.Ints(1, "sizes");
        if (sizes.Length != node.OutputCount)
            node.Fail($"{sizes.Length} sizes do not make {node.OutputCount} outputs");
        return node.Builder.Parted(x, node.Axis(2, x), sizes);
    }

    /// <summary>Padding is [rank, 2]; quantized zero is the zero point.</summary>
    public static Value Pad(NodeContext node)
    {
        double value = node.IsQuantized() ? node.Quantization(0).ZeroPoint : 0;
        if (node.Has(2))
            value = node.Constant(2, "padding value") is { Count: 1 } given ? given.GetDouble(0) : throw new ModelException("LATHE3214", "its padding value should be one number");
        return node.Builder.Padded(node.In(0), node.Ints(1, "padding"), value);
    }

    /// <summary>Reflecting leaves out the border, the symmetric mode repeats it.</summary>
    public static Value MirrorPad(NodeContext node) => node.Builder.Mirrored(node.In(0), node.Ints(1, "padding"), node.Options.Byte(0) == 1);

    public static Value Tile(NodeContext node) => node.Add(new Tile(node.Ints(1, "repeats")), node.In(0));

    public static Value BroadcastTo(NodeContext node) => node.Add(new Expand(TargetShape(node.Ints(1, "shape"))), node.In(0));

    public static Value ReverseV2(NodeContext node)
    {
        var x = node.In(0);
        return node.Builder.Reversed(x, node.Ints(1, "axes").Select(a => x.Shape.Axis(a)).ToHashSet());
    }

    public static Value ReverseSequence(NodeContext node)
    {
        var x = node.In(0);
        return node.Add(new ReverseSequence(x.Shape.Axis(node.Options.Int(1)), x.Shape.Axis(node.Options.Int(0))), x, node.In(1));
    }

    public static Value SpaceToDepth(NodeContext node) => node.Builder.SpaceToDepth(node.In(0), node.Options.Int(0));

    public static Value DepthToSpace(NodeContext node) => node.Builder.DepthToSpace(node.In(0), node.Options.Int(0));

    /// <summary>Quantized zero is the zero point.</summary>
    public static Value SpaceToBatch(NodeContext node) =>
        node.Builder.SpaceToBatch(node.In(0), node.Ints(1, "block shape"), node.Ints(2, "padding"), node.IsQuantized() ? node.Quantization(0).ZeroPoint : 0);

    public static Value BatchToSpace(NodeContext node) => node.Builder.BatchToSpace(node.In(0), node.Ints(1, "block shape"), node.Ints(2, "crops"));

    public static Shape TargetShape(long[] extents) => GraphBuilder.TargetShape(extents);

    public static Value Unsqueezed(NodeContext node, Value x, long axis) => node.Builder.Unsqueezed(x, axis);
}
