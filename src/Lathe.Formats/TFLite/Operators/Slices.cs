using Lathe.Formats.Importing;
using Lathe.Formats.TFLite.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>Operators that take some of the elements.</summary>
internal static class Slices
{
    /// <summary>Elements start to start + size - 1 along one axis.</summary>
    public static Value Along(NodeContext node, Value x, int axis, long start, long size) => node.Builder.Along(x, axis, start, size);

    public static Value Slice(NodeContext node) => node.Builder.Sliced(node.In(0), node.Numbers(1), node.Ints(2, "size"));

    public static Value StridedSlice(NodeContext node)
    {
        var options = node.Options;
        return node.Builder.StridedSlice(node.In(0), new(
            [], [], node.Ints(3, "strides"), options.Int(0), options.Int(1), options.Int(2), options.Int(3), options.Int(4), options.Flag(5)), node.Numbers(1), node.Numbers(2));
    }

    public static Value Gather(NodeContext node)
    {
        var x = node.In(0);
        return node.Builder.Gathered(x, node.In(1), x.Shape.Axis(node.Options.Int(0)), node.Options.Int(1));
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
        var starts = node.Numbers(2);
        if (starts.Length != x.Type.Rank || update.Type.Rank != x.Type.Rank || Enumerable.Range(0, x.Type.Rank).Any(a => update.Shape[a].Value > x.Shape[a].Value))
            node.Fail($"{update.Type} does not lie within {x.Type} at {starts.Length} places");
        long[] room = [.. starts.Select((_, a) => x.Shape[a].Value - update.Shape[a].Value)];
        if (starts.Any(s => s.Known is null))
            return Moved(node, x, update, starts, room);
        long[] before = [.. starts.Select((s, a) => Math.Clamp(s.Known!.Value, 0, room[a]))];
        long[] after = [.. before.Select((b, a) => room[a] - b)];
        var inside = node.Add(new Pad(before, after), node.Add(new Expand(update.Shape), node.Builder.Scalar(1, DType.Bool)));
        return node.Add(new Where(), inside, node.Add(new Pad(before, after), update), x);
    }

    /// <summary>Where only a run knows the block's place: for each place of an axis, which of the block's it would be, and whether it is one.</summary>
    private static Value Moved(NodeContext node, Value x, Value update, PartlyKnown.Number[] starts, long[] room)
    {
        var inside = node.Builder.Scalar(1, DType.Bool);
        for (int axis = 0; axis < starts.Length; axis++)
        {
            if (room[axis] == 0 || update.Shape[axis] == 0)
                continue;
            Value Number(long value) => node.Builder.Scalar(value, DType.Int64);
            var start = node.Add(new Max(), node.Add(new Min(), node.Add(new Cast(DType.Int64), starts[axis].Value), Number(room[axis])), Number(0));
            var places = node.Add(new Sub(), node.Builder.Counted(x.Shape[axis].Value, DType.Int64), start);
            var last = Number(update.Shape[axis].Value - 1);
            var within = node.Add(new And(), node.Add(new GreaterEqual(), places, Number(0)), node.Add(new LessEqual(), places, last));
            inside = node.Add(new And(), inside, node.Reshaped(within, [.. starts.Select((_, a) => a == axis ? x.Shape[axis] : 1)]));
            update = node.Add(new Gather(axis), update, node.Add(new Max(), node.Add(new Min(), places, last), Number(0)));
        }
        return update.Shape.ElementCount == 0 ? x : node.Add(new Where(), inside, update, x);
    }
}
