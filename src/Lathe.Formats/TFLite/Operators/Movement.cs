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
        int open = Array.IndexOf(given, -1);
        if (given.Where((e, i) => i != open).Any(e => e < 0))
            node.Fail($"the shape [{string.Join(", ", given)}] cannot be");
        // Old models write a scalar's shape as [0].
        if (given is [0] && x.Shape.ElementCount == 1)
            return node.Reshaped(x, Shape.Scalar);
        if (open >= 0)
        {
            long rest = given.Where((_, i) => i != open).Aggregate(1L, (a, e) => checked(a * e));
            if (rest == 0 || x.Shape.ElementCount % rest != 0)
                node.Fail($"{x.Type} cannot become [{string.Join(", ", given)}]");
            given[open] = x.Shape.ElementCount / rest;
        }
        return node.Reshaped(x, Shape.Of(given));
    }

    public static Value Squeeze(NodeContext node)
    {
        var x = node.In(0);
        int[] given = node.Options.Ints(0) ?? [];
        var axes = given.Length > 0 ? given.Select(a => x.Shape.Axis(a)).ToHashSet() : [.. Enumerable.Range(0, x.Type.Rank).Where(a => x.Shape[a] == 1)];
        if (axes.Any(a => x.Shape[a] != 1))
            node.Fail($"the axes [{string.Join(", ", given)}] of {x.Type} are not all 1");
        return node.Reshaped(x, [.. x.Shape.Where((_, axis) => !axes.Contains(axis))]);
    }

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

    public static Value Pack(NodeContext node)
    {
        var parts = node.InputsFrom(0);
        if (parts.Length == 0)
            node.Fail("it has no operands");
        int axis = node.Options.Int(1);
        parts = [.. parts.Select(p => Unsqueezed(node, p, axis))];
        return parts.Length == 1 ? parts[0] : node.Add(new Concat(axis < 0 ? axis + parts[0].Type.Rank : axis), parts);
    }

    public static IReadOnlyList<Value?> Unpack(NodeContext node)
    {
        var x = node.In(0);
        int axis = x.Shape.Axis(node.Options.Int(1));
        if (x.Shape[axis].Value != node.OutputCount)
            node.Fail($"axis {axis} of {x.Type} does not make {node.OutputCount} outputs");
        Shape shape = [.. x.Shape.Where((_, a) => a != axis)];
        return [.. Enumerable.Range(0, node.OutputCount).Select(i => node.Reshaped(Slices.Along(node, x, axis, i, 1), shape))];
    }

    public static IReadOnlyList<Value?> Split(NodeContext node)
    {
        var x = node.In(1);
        int axis = node.Axis(0, x);
        long part = node.OutputCount > 0 ? x.Shape[axis].Value / node.OutputCount : 0;
        return Parts(node, x, axis, [.. Enumerable.Repeat(part, node.OutputCount)]);
    }

    public static IReadOnlyList<Value?> SplitV(NodeContext node)
    {
        var x = node.In(0);
        int axis = node.Axis(2, x);
        long[] sizes = node.Ints(1, "sizes");
        if (Array.IndexOf(sizes, -1) is >= 0 and var open)
            sizes[open] = x.Shape[axis].Value - sizes.Where(s => s > 0).Sum();
        return Parts(node, x, axis, sizes);
    }

    /// <summary>Padding is [rank, 2]; quantized zero is the zero point.</summary>
    public static Value Pad(NodeContext node)
    {
        double value = node.IsQuantized() ? node.Quantization(0).ZeroPoint : 0;
        if (node.Has(2))
            value = node.Constant(2, "padding value") is { Count: 1 } given ? given.GetDouble(0) : throw new ModelException("LATHE3214", "its padding value should be one number");
        var (before, after) = Paddings(node);
        return node.Add(new Pad(before, after, PadMode.Constant, value), node.In(0));
    }

    /// <summary>Reflecting leaves out the border, the symmetric mode repeats it.</summary>
    public static Value MirrorPad(NodeContext node)
    {
        var x = node.In(0);
        var (before, after) = Paddings(node);
        bool repeats = node.Options.Byte(0) == 1;
        for (int axis = 0; axis < before.Length; axis++)
        {
            long extent = x.Shape[axis].Value, most = repeats ? extent : extent - 1;
            if (before[axis] > most || after[axis] > most)
                node.Fail($"{x.Type} cannot be mirrored by {before[axis]} and {after[axis]} along axis {axis}");
        }
        if (!repeats)
            return node.Add(new Pad(before, after, PadMode.Reflect), x);
        for (int axis = 0; axis < before.Length; axis++)
        {
            long extent = x.Shape[axis].Value;
            if (before[axis] + after[axis] == 0)
                continue;
            long[] from = [.. Enumerable.Range(0, (int)(before[axis] + extent + after[axis])).Select(i => i - before[axis]).Select(i => i < 0 ? -1 - i : i < extent ? i : (2 * extent) - 1 - i)];
            x = node.Add(new Gather(axis), x, node.Vector(from));
        }
        return x;
    }

    public static Value Tile(NodeContext node) => node.Add(new Tile(node.Ints(1, "repeats")), node.In(0));

    public static Value BroadcastTo(NodeContext node) => node.Add(new Expand(TargetShape(node, node.Ints(1, "shape"))), node.In(0));

    public static Value ReverseV2(NodeContext node)
    {
        var x = node.In(0);
        var axes = node.Ints(1, "axes").Select(a => x.Shape.Axis(a)).ToHashSet();
        long[] sizes = x.Shape.ToArray();
        return node.Add(new Slice(
            sizes.Select((s, a) => axes.Contains(a) && s > 0 ? s - 1 : 0).ToEquatableArray(), sizes, sizes.Select((_, a) => axes.Contains(a) ? -1L : 1).ToEquatableArray()), x);
    }

    public static Value ReverseSequence(NodeContext node)
    {
        var x = node.In(0);
        return node.Add(new ReverseSequence(x.Shape.Axis(node.Options.Int(1)), x.Shape.Axis(node.Options.Int(0))), x, node.In(1));
    }

    /// <summary>Blocks of pixels become channels: block row, block column, depth.</summary>
    public static Value SpaceToDepth(NodeContext node)
    {
        var (x, block) = (node.In(0), node.Options.Int(0));
        if (x.Type.Rank != 4 || block < 1 || x.Shape[1].Value % block != 0 || x.Shape[2].Value % block != 0)
            node.Fail($"{x.Type} does not divide into blocks of {block}");
        var (rows, columns) = (x.Shape[1] / block, x.Shape[2] / block);
        var split = node.Reshaped(x, [x.Shape[0], rows, block, columns, block, x.Shape[3]]);
        return node.Reshaped(node.Add(new Transpose([0, 1, 3, 2, 4, 5]), split), [x.Shape[0], rows, columns, x.Shape[3] * block * block]);
    }

    public static Value DepthToSpace(NodeContext node)
    {
        var (x, block) = (node.In(0), node.Options.Int(0));
        if (x.Type.Rank != 4 || block is < 1 or > 1 << 15 || x.Shape[3].Value % (block * block) != 0)
            node.Fail($"the channels of {x.Type} do not divide into blocks of {block}");
        var depth = x.Shape[3] / (block * block);
        var split = node.Reshaped(x, [x.Shape[0], x.Shape[1], x.Shape[2], block, block, depth]);
        return node.Reshaped(node.Add(new Transpose([0, 1, 3, 2, 4, 5]), split), [x.Shape[0], x.Shape[1] * block, x.Shape[2] * block, depth]);
    }

    /// <summary>Spatial axes are padded and cut into blocks, whose places become batches.</summary>
    public static Value SpaceToBatch(NodeContext node)
    {
        var x = node.In(0);
        var (blocks, paddings) = (node.Ints(1, "block shape"), node.Ints(2, "padding"));
        int n = blocks.Length, rank = x.Type.Rank;
        if (n >= rank || paddings.Length != 2 * n || blocks.Any(b => b < 1) || paddings.Any(p => p < 0))
            node.Fail($"blocks [{string.Join(", ", blocks)}] and padding [{string.Join(", ", paddings)}] do not suit {x.Type}");
        var (before, after) = (new long[rank], new long[rank]);
        for (int i = 0; i < n; i++)
            (before[1 + i], after[1 + i]) = (paddings[2 * i], paddings[(2 * i) + 1]);
        if (paddings.Any(p => p > 0))
            x = node.Add(new Pad(before, after, PadMode.Constant, node.IsQuantized() ? node.Quantization(0).ZeroPoint : 0), x);
        if (Enumerable.Range(0, n).Any(i => x.Shape[1 + i].Value % blocks[i] != 0))
            node.Fail($"{x.Type} does not divide into blocks [{string.Join(", ", blocks)}]");
        var rest = x.Shape.Skip(1 + n).ToArray();
        var split = node.Reshaped(x, [x.Shape[0], .. Enumerable.Range(0, n).SelectMany(i => new[] { x.Shape[1 + i] / blocks[i], blocks[i] }), .. rest]);
        int[] order = [.. Enumerable.Range(0, n).Select(i => 2 + (2 * i)), 0, .. Enumerable.Range(0, n).Select(i => 1 + (2 * i)), .. Enumerable.Range(1 + (2 * n), rest.Length)];
        long count = blocks.Aggregate(1L, (a, b) => checked(a * b));
        return node.Reshaped(node.Add(new Transpose(order), split), [x.Shape[0] * count, .. Enumerable.Range(0, n).Select(i => x.Shape[1 + i] / blocks[i]), .. rest]);
    }

    public static Value BatchToSpace(NodeContext node)
    {
        var x = node.In(0);
        var (blocks, crops) = (node.Ints(1, "block shape"), node.Ints(2, "crops"));
        int n = blocks.Length, rank = x.Type.Rank;
        long count = blocks.Aggregate(1L, (a, b) => checked(a * b));
        if (n >= rank || crops.Length != 2 * n || blocks.Any(b => b < 1) || crops.Any(c => c < 0) || x.Shape[0].Value % count != 0)
            node.Fail($"blocks [{string.Join(", ", blocks)}] and crops [{string.Join(", ", crops)}] do not suit {x.Type}");
        var batch = x.Shape[0] / count;
        var rest = x.Shape.Skip(1 + n).ToArray();
        var split = node.Reshaped(x, [.. blocks.Select(b => (Dim)b), batch, .. x.Shape.Skip(1)]);
        int[] order = [n, .. Enumerable.Range(0, n).SelectMany(i => new[] { n + 1 + i, i }), .. Enumerable.Range((2 * n) + 1, rest.Length)];
        var joined = node.Reshaped(node.Add(new Transpose(order), split), [batch, .. Enumerable.Range(0, n).Select(i => x.Shape[1 + i] * blocks[i]), .. rest]);
        for (int i = 0; i < n; i++)
        {
            long size = joined.Shape[1 + i].Value - crops[2 * i] - crops[(2 * i) + 1];
            if (size < 0)
                node.Fail($"crops [{string.Join(", ", crops)}] are larger than {joined.Type}");
            joined = Slices.Along(node, joined, 1 + i, crops[2 * i], size);
        }
        return joined;
    }

    public static Shape TargetShape(NodeContext node, long[] extents)
    {
        if (extents.Any(e => e is < 0 or > int.MaxValue))
            node.Fail($"the shape [{string.Join(", ", extents)}] cannot be");
        return Shape.Of(extents);
    }

    public static Value Unsqueezed(NodeContext node, Value x, long axis)
    {
        long at = axis < 0 ? axis + x.Type.Rank + 1 : axis;
        if (at < 0 || at > x.Type.Rank)
            node.Fail($"axis {axis} does not suit {x.Type}");
        return node.Reshaped(x, [.. x.Shape.Take((int)at), 1, .. x.Shape.Skip((int)at)]);
    }

    private static Value[] Parts(NodeContext node, Value x, int axis, long[] sizes)
    {
        if (sizes.Length != node.OutputCount || sizes.Any(s => s < 0) || sizes.Aggregate(0L, (a, s) => checked(a + s)) != x.Shape[axis].Value)
            node.Fail($"the sizes [{string.Join(", ", sizes)}] do not split {x.Type} along axis {axis} into {node.OutputCount}");
        var parts = new Value[sizes.Length];
        long start = 0;
        for (int i = 0; i < parts.Length; start += sizes[i++])
            parts[i] = Slices.Along(node, x, axis, start, sizes[i]);
        return parts;
    }

    private static (long[] Before, long[] After) Paddings(NodeContext node)
    {
        var x = node.In(0);
        long[] paddings = node.Ints(1, "padding");
        if (paddings.Length != 2 * x.Type.Rank || paddings.Any(p => p is < 0 or > int.MaxValue))
            node.Fail($"the padding [{string.Join(", ", paddings)}] does not suit {x.Type}");
        return ([.. paddings.Where((_, i) => i % 2 == 0)], [.. paddings.Where((_, i) => i % 2 == 1)]);
    }
}
