using Lathe.Formats.TFLite.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>Operators that take some of the elements.</summary>
internal static class Slices
{
    /// <summary>Elements start to start + size - 1 along one axis.</summary>
    public static Value Along(NodeContext node, Value x, int axis, long start, long size)
    {
        if (start == 0 && x.Shape[axis] == size)
            return x;
        long[] sizes = x.Shape.ToArray();
        sizes[axis] = size;
        return node.Add(new Slice(sizes.Select((_, a) => a == axis && size > 0 ? start : 0).ToEquatableArray(), sizes, sizes.Select(_ => 1L).ToEquatableArray()), x);
    }

    /// <summary>A size of -1 reaches to the end.</summary>
    public static Value Slice(NodeContext node)
    {
        var x = node.In(0);
        var (starts, sizes) = (node.Ints(1, "start"), node.Ints(2, "size"));
        if (starts.Length != x.Type.Rank || sizes.Length != x.Type.Rank)
            node.Fail($"start [{string.Join(", ", starts)}] and size [{string.Join(", ", sizes)}] do not suit {x.Type}");
        sizes = [.. sizes.Select((s, a) => s == -1 ? x.Shape[a].Value - starts[a] : s)];
        return node.Add(new Slice(starts, sizes, sizes.Select(_ => 1L).ToEquatableArray()), x);
    }

    /// <summary>Python's x[begin:end:stride, ...]; bits of the masks stand for entries of the specification.</summary>
    public static Value StridedSlice(NodeContext node)
    {
        var x = node.In(0);
        var (begin, end, strides) = (node.Ints(1, "begin"), node.Ints(2, "end"), node.Ints(3, "strides"));
        if (begin.Length != end.Length || begin.Length != strides.Length || begin.Length > 30)
            node.Fail($"its begin, end and strides have {begin.Length}, {end.Length} and {strides.Length} entries");
        int beginMask = node.Options.Int(0), endMask = node.Options.Int(1), ellipsis = node.Options.Int(2), newAxes = node.Options.Int(3), shrinks = node.Options.Int(4);
        bool endIsOffset = node.Options.Flag(5);
        int taken = Enumerable.Range(0, begin.Length).Count(i => !Bit(newAxes, i) && !Bit(ellipsis, i));
        if (taken > x.Type.Rank)
            node.Fail($"{taken} axes are sliced of {x.Type}");
        long[] from = new long[x.Type.Rank], sizes = x.Shape.ToArray(), by = [.. Enumerable.Repeat(1L, x.Type.Rank)];
        var shape = new List<Dim>();
        int axis = 0;
        for (int i = 0; i < begin.Length; i++)
        {
            if (Bit(ellipsis, i))
            {
                for (int skipped = x.Type.Rank - taken; skipped > 0; skipped--)
                    shape.Add(x.Shape[axis++]);
            }
            else if (Bit(newAxes, i))
            {
                shape.Add(1);
            }
            else if (Bit(shrinks, i))
            {
                long extent = x.Shape[axis].Value, at = begin[i] < 0 ? begin[i] + extent : begin[i];
                if (at < 0 || at >= extent)
                    node.Fail($"element {begin[i]} is not on axis {axis} of {x.Type}");
                (from[axis], sizes[axis++]) = (at, 1);
            }
            else
            {
                long stop = endIsOffset ? checked(begin[i] + end[i]) : end[i];
                (from[axis], sizes[axis], by[axis]) = Range(node, x.Shape[axis].Value, Bit(beginMask, i) ? null : begin[i], Bit(endMask, i) ? null : stop, strides[i]);
                shape.Add(sizes[axis++]);
            }
        }
        shape.AddRange(x.Shape.Skip(axis));
        bool whole = by.All(s => s == 1) && Shape.Of(sizes) == x.Shape;
        return node.Reshaped(whole ? x : node.Add(new Slice(from, sizes, by), x), [.. shape]);
    }

    /// <summary>Indices, maybe an own list for each place of the leading axes.</summary>
    public static Value Gather(NodeContext node)
    {
        var (x, indices) = (node.In(0), node.In(1));
        int axis = x.Shape.Axis(node.Options.Int(0));
        int batch = node.Options.Int(1);
        batch = batch < 0 ? batch + indices.Type.Rank : batch;
        if (batch == 0)
            return node.Add(new Gather(axis), x, indices);
        if (batch < 0 || batch > indices.Type.Rank || batch > axis)
            node.Fail($"{batch} leading axes do not suit {x.Type} and {indices.Type}");
        // The gathered axis moves behind the leading ones, and what was between goes after the new axes.
        int rank = x.Type.Rank, between = axis - batch, added = indices.Type.Rank - batch;
        x = node.Permuted(x, [.. Enumerable.Range(0, batch), axis, .. Enumerable.Range(batch, between), .. Enumerable.Range(axis + 1, rank - axis - 1)]);
        var chosen = node.Add(new GatherND(batch), x, node.Reshaped(indices, [.. indices.Shape, 1]));
        return node.Permuted(chosen, [.. Enumerable.Range(0, batch), .. Enumerable.Range(batch + added, between), .. Enumerable.Range(batch, added), .. Enumerable.Range(batch + added + between, rank - axis - 1)]);
    }

    public static Value GatherNd(NodeContext node) => node.Add(new GatherND(0), node.In(0), node.In(1));

    /// <summary>Rows of a table, which may be stored quantized.</summary>
    public static Value EmbeddingLookup(NodeContext node)
    {
        var table = node.IsOutputQuantized() ? node.In(1) : node.Real(1);
        return node.Add(new Gather(0), table, node.In(0));
    }

    /// <summary>An operand with a block of it replaced, which is moved so that it lies within.</summary>
    public static Value DynamicUpdateSlice(NodeContext node)
    {
        var (x, update) = (node.In(0), node.In(1));
        long[] starts = node.Ints(2, "start");
        if (starts.Length != x.Type.Rank || update.Type.Rank != x.Type.Rank || Enumerable.Range(0, x.Type.Rank).Any(a => update.Shape[a].Value > x.Shape[a].Value))
            node.Fail($"{update.Type} at [{string.Join(", ", starts)}] does not lie within {x.Type}");
        long[] before = [.. starts.Select((s, a) => Math.Clamp(s, 0, x.Shape[a].Value - update.Shape[a].Value))];
        long[] after = [.. before.Select((b, a) => x.Shape[a].Value - update.Shape[a].Value - b)];
        var inside = node.Add(new Pad(before, after), node.Add(new Expand(update.Shape), node.Builder.Scalar(1, DType.Bool)));
        return node.Add(new Where(), inside, node.Add(new Pad(before, after), update), x);
    }

    private static bool Bit(int mask, int i) => (mask >> i & 1) != 0;

    /// <summary>Start, number and step of the elements of a Python slice; an end that is left out reaches as far as the step leads.</summary>
    private static (long Start, long Size, long Step) Range(NodeContext node, long extent, long? begin, long? end, long step)
    {
        if (step is 0 or > int.MaxValue or < -int.MaxValue)
            node.Fail("a slice has the step 0");
        long low = step > 0 ? 0 : -1, high = step > 0 ? extent : extent - 1;
        long Place(long at) => Math.Clamp(at < 0 ? at + extent : at, low, high);
        long start = begin is { } b ? Place(b) : step > 0 ? 0 : extent - 1;
        long stop = end is { } e ? Place(e) : step > 0 ? extent : -1;
        long size = step > 0 ? Math.Max(0, (stop - start + step - 1) / step) : Math.Max(0, (start - stop - step - 1) / -step);
        return (size == 0 ? 0 : start, size, step);
    }
}
