using Lathe.Formats.Onnx.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>Ops that change shapes or the order of axes, and keep elements as they are.</summary>
internal static class Movement
{
    public static Value Reshaped(NodeContext node, Value value, Shape shape) =>
        value.Shape == shape ? value : node.Add(new Reshape(shape), value);

    public static Value Reshape(NodeContext node)
    {
        var x = node.In(0);
        long[] target = (node.Opset < 5 ? node.Attributes.Ints("shape") : node.Ints(1, "shape")) ?? [];
        return Reshaped(node, x, TargetShape.Of(x.Shape, target, node.Attributes.Flag("allowzero")));
    }

    public static Value CenterCropPad(NodeContext node)
    {
        var x = node.In(0);
        var axes = node.Attributes.Ints("axes")?.Select(x.Shape.Axis) ?? Enumerable.Range(0, x.Type.Rank);
        return node.Add(new CenterCropPad(axes.ToEquatableArray(), node.Ints(1, "shape")), x);
    }

    public static Value Flatten(NodeContext node)
    {
        var x = node.In(0);
        long axis = node.Attributes.Int("axis", 1);
        int split = axis == x.Type.Rank ? x.Type.Rank : x.Shape.Axis(axis);
        return Reshaped(node, x, [TargetShape.Product(x.Shape.Take(split)), TargetShape.Product(x.Shape.Skip(split))]);
    }

    public static Value Squeeze(NodeContext node)
    {
        var x = node.In(0);
        var axes = node.IntsFrom("axes", 1)?.Select(a => x.Shape.Axis(a)).ToHashSet()
            ?? [.. Enumerable.Range(0, x.Type.Rank).Where(a => x.Shape[a] == 1)];
        if (axes.FirstOrDefault(a => x.Shape[a] is { IsKnown: true, Value: not 1 }, -1) is >= 0 and var wrong)
            node.Fail($"axis {wrong} of {x.Type} is not 1 and cannot be dropped");
        return Reshaped(node, x, [.. x.Shape.Where((_, axis) => !axes.Contains(axis))]);
    }

    public static Value Unsqueeze(NodeContext node)
    {
        var x = node.In(0);
        long[] axes = node.IntsFrom("axes", 1) ?? throw new ModelException("LATHE3104", "its axes are missing");
        int rank = checked(x.Type.Rank + axes.Length);
        var added = axes.Select(a => a < 0 ? a + rank : a).ToHashSet();
        if (added.Count != axes.Length || added.Any(a => a < 0 || a >= rank))
            node.Fail($"the axes [{string.Join(", ", axes)}] do not suit {x.Type}");
        var dims = x.Shape.GetEnumerator();
        return Reshaped(node, x, [.. Enumerable.Range(0, rank).Select(axis => added.Contains(axis) || !dims.MoveNext() ? 1 : dims.Current)]);
    }

    public static Value Transpose(NodeContext node)
    {
        var x = node.In(0);
        var permutation = node.Attributes.Ints("perm")?.Select(p => x.Shape.Axis(p)) ?? Enumerable.Range(0, x.Type.Rank).Reverse();
        return node.Add(new Transpose(permutation.ToEquatableArray()), x);
    }

    public static Value Concat(NodeContext node)
    {
        var parts = node.InputsFrom(0);
        if (parts.Length == 0)
            node.Fail("it has no operands");
        if (node.Opset >= 4 && !node.Attributes.Has("axis"))
            node.Fail("its axis is missing");
        int axis = parts[0].Shape.Axis(node.Attributes.Int("axis", 1));
        return parts.Length == 1 ? parts[0] : node.Add(new Concat(axis), parts);
    }

    public static IReadOnlyList<Value?> Split(NodeContext node)
    {
        var x = node.In(0);
        int axis = x.Shape.Axis(node.Attributes.Int("axis", 0));
        long extent = x.Shape[axis].Value;
        int count = node.OutputCount;
        if (node.Attributes.Int("num_outputs", count) != count)
            node.Fail($"it has {count} outputs and num_outputs says {node.Attributes.Int("num_outputs", count)}");
        long part = (extent + count - 1) / Math.Max(1, count);
        long[] sizes = node.IntsFrom("split", 1) ?? [.. Enumerable.Range(0, count).Select(i => Math.Clamp(extent - (i * part), 0, part))];
        if (sizes.Length != count || sizes.Any(s => s < 0) || sizes.Aggregate(0L, (a, s) => checked(a + s)) != extent)
            node.Fail($"the sizes [{string.Join(", ", sizes)}] do not split {x.Type} along axis {axis} into {count}");
        var parts = new Value?[count];
        long start = 0;
        for (int i = 0; i < count; i++)
        {
            parts[i] = Slices.Along(node, x, axis, start, sizes[i]);
            start += sizes[i];
        }
        return parts;
    }

    public static Value Expand(NodeContext node)
    {
        var x = node.In(0);
        return node.Add(new Expand(TargetShape.Given(node.Ints(1, "shape"))), x);
    }

    public static Value Tile(NodeContext node)
    {
        var x = node.In(0);
        if (node.Opset >= 6)
            return node.Add(new Tile(node.Ints(1, "repeats")), x);
        // Opset 1 repeated one axis.
        int axis = x.Shape.Axis(node.ScalarInt(2, "axis"));
        long tiles = node.ScalarInt(1, "tiles");
        return node.Add(new Tile(Enumerable.Range(0, x.Type.Rank).Select(a => a == axis ? tiles : 1).ToEquatableArray()), x);
    }

    public static Value Pad(NodeContext node)
    {
        var x = node.In(0);
        long[] pads = (node.Opset < 11 ? node.Attributes.Ints(node.Opset < 2 ? "paddings" : "pads") : node.Ints(1, "pads"))
            ?? throw new ModelException("LATHE3105", "its padding is missing");
        int[] axes = node.Opset >= 18 && node.OptionalInts(3, "axes") is { } given
            ? [.. given.Select(a => x.Shape.Axis(a))]
            : [.. Enumerable.Range(0, x.Type.Rank)];
        if (pads.Length != 2 * axes.Length)
            node.Fail($"{pads.Length} paddings do not suit {axes.Length} axes");
        double value = node.Opset < 11 ? node.Attributes.Float("value", 0) : node.Has(2) ? node.Scalar(2, "padding value") : 0;
        var mode = node.Attributes.Text("mode", "constant") switch
        {
            "constant" => PadMode.Constant,
            "reflect" => PadMode.Reflect,
            "edge" => PadMode.Edge,
            "wrap" => PadMode.Wrap,
            var other => throw new ModelException("LATHE3106", $"there is no padding mode '{other}'"),
        };
        var (before, after) = (new long[x.Type.Rank], new long[x.Type.Rank]);
        for (int i = 0; i < axes.Length; i++)
            (before[axes[i]], after[axes[i]]) = (pads[i], pads[axes.Length + i]);
        return node.Add(new Pad(before, after, mode, mode == PadMode.Constant ? value : 0), x);
    }

    public static Value DepthToSpace(NodeContext node) => node.Add(
        new DepthToSpace(node.Attributes.Int("blocksize", 0), node.Attributes.Text("mode", "DCR") switch
        {
            "DCR" => false,
            "CRD" => true,
            var other => throw new ModelException("LATHE3117", $"there is no mode '{other}'"),
        }),
        node.In(0));

    public static Value SpaceToDepth(NodeContext node) => node.Add(new SpaceToDepth(node.Attributes.Int("blocksize", 0)), node.In(0));
}
