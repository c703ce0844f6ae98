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

    public static Value Slice(NodeContext node) => node.Builder.Sliced(node.In(0), node.Ints(1, "start"), node.Ints(2, "size"));

    public static Value StridedSlice(NodeContext node)
    {
        var options = node.Options;
        return node.Builder.StridedSlice(node.In(0), new(
            node.Ints(1, "begin"), node.Ints(2, "end"), node.Ints(3, "strides"), options.Int(0), options.Int(1), options.Int(2), options.Int(3), options.Int(4), options.Flag(5)));
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
        long[] starts = node.Ints(2, "start");
        if (starts.Length != x.Type.Rank || update.Type.Rank != x.Type.Rank || Enumerable.Range(0, x.Type.Rank).Any(a => update.Shape[a].Value > x.Shape[a].Value))
            node.Fail($"{update.Type} at [{string.Join(", ", starts)}] does not lie within {x.Type}");
        long[] before = [.. starts.Select((s, a) => Math.Clamp(s, 0, x.Shape[a].Value - update.Shape[a].Value))];
        long[] after = [.. before.Select((b, a) => x.Shape[a].Value - update.Shape[a].Value - b)];
        var inside = node.Add(new Pad(before, after), node.Add(new Expand(update.Shape), node.Builder.Scalar(1, DType.Bool)));
        return node.Add(new Where(), inside, node.Add(new Pad(before, after), update), x);
    }
}
