using Lathe.Formats.Onnx.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>Ops that take some of the elements.</summary>
internal static class Slices
{
    /// <summary>Elements start to start + size - 1 along one axis.</summary>
    public static Value Along(NodeContext node, Value x, int axis, long start, long size)
    {
        if (start == 0 && x.Shape[axis] == size)
            return x;
        var starts = Enumerable.Range(0, x.Type.Rank).Select(a => a == axis && size > 0 ? start : 0L);
        var sizes = Enumerable.Range(0, x.Type.Rank).Select(a => a == axis ? size : x.Shape[a].Value);
        return node.Add(new Slice(starts.ToEquatableArray(), sizes.ToEquatableArray(), Enumerable.Repeat(1L, x.Type.Rank).ToEquatableArray()), x);
    }

    public static Value Slice(NodeContext node)
    {
        var x = node.In(0);
        bool attributes = node.Opset < 10;
        long[] starts = (attributes ? node.Attributes.Ints("starts") : node.Ints(1, "starts")) ?? [];
        long[] ends = (attributes ? node.Attributes.Ints("ends") : node.Ints(2, "ends")) ?? [];
        long[]? axes = attributes ? node.Attributes.Ints("axes") : node.OptionalInts(3, "axes");
        long[]? steps = attributes ? null : node.OptionalInts(4, "steps");
        int count = starts.Length;
        if (ends.Length != count || (axes?.Length ?? count) != count || (steps?.Length ?? count) != count || count > x.Type.Rank)
            node.Fail($"its starts, ends, axes and steps have different lengths, or do not suit {x.Type}");
        var from = new long[x.Type.Rank];
        var by = Enumerable.Repeat(1L, x.Type.Rank).ToArray();
        var sizes = new long[x.Type.Rank];
        var sliced = new HashSet<int>();
        for (int i = 0; i < count; i++)
        {
            int axis = x.Shape.Axis(axes?[i] ?? i);
            if (!sliced.Add(axis))
                node.Fail($"axis {axis} is sliced twice");
            (from[axis], sizes[axis], by[axis]) = Range(x.Shape[axis].Value, starts[i], ends[i], steps?[i] ?? 1);
        }
        for (int axis = 0; axis < sizes.Length; axis++)
            if (!sliced.Contains(axis))
                sizes[axis] = x.Shape[axis].Value;
        bool whole = Enumerable.Range(0, sizes.Length).All(a => by[a] == 1 && x.Shape[a] == sizes[a]);
        return whole ? x : node.Add(new Slice(from, sizes, by), x);
    }

    public static Value Gather(NodeContext node)
    {
        var x = node.In(0);
        return node.Add(new Gather(x.Shape.Axis(node.Attributes.Int("axis", 0))), x, node.In(1));
    }

    public static Value GatherElements(NodeContext node)
    {
        var x = node.In(0);
        return node.Add(new GatherElements(x.Shape.Axis(node.Attributes.Int("axis", 0))), x, node.In(1));
    }

    /// <summary>The slices whose condition is true; the condition decides the shape and must be known.</summary>
    public static Value Compress(NodeContext node)
    {
        var x = node.In(0);
        var condition = node.Constant(1, "condition");
        long[] chosen = [.. Enumerable.Range(0, (int)condition.Count).Where(i => condition.GetInt64(i) != 0).Select(i => (long)i)];
        int axis = 0;
        if (node.Attributes.Has("axis"))
            axis = x.Shape.Axis(node.Attributes.Int("axis", 0));
        else
            x = Movement.Reshaped(node, x, [TargetShape.Product(x.Shape)]);
        if (chosen.Length > 0 && chosen[^1] >= x.Shape[axis].Value)
            node.Fail($"the condition {condition} is longer than axis {axis} of {x.Type}");
        return node.Add(new Gather(axis), x, node.Vector(chosen));
    }

    /// <summary>Start, number and step of the elements that Python's slice start:end:step takes.</summary>
    private static (long Start, long Size, long Step) Range(long extent, long start, long end, long step)
    {
        if (step == 0)
            throw new ModelException("LATHE3108", "a slice has the step 0");
        start = Math.Max(start, -extent) is var s && s < 0 ? s + extent : s;
        end = Math.Max(end, -extent - 1) is var e && e < 0 ? e + extent : e;
        // A step beyond the extent takes one element whatever its size.
        step = Math.Clamp(step, -Math.Max(1, extent), Math.Max(1, extent));
        long size;
        if (step > 0)
        {
            (start, end) = (Math.Min(start, extent), Math.Clamp(end, 0, extent));
            size = Math.Max(0, (end - start + step - 1) / step);
        }
        else
        {
            (start, end) = (Math.Min(start, extent - 1), Math.Clamp(end, -1, extent - 1));
            size = Math.Max(0, (start - end - step - 1) / -step);
        }
        return (size == 0 ? 0 : start, size, step);
    }
}
