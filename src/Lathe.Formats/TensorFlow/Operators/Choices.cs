using Lathe.Formats.Importing;
using Lathe.Formats.TensorFlow.Importing;
using Lathe.Formats.TensorFlow.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>Operators that pick, place or order elements by index or value.</summary>
internal static class Choices
{
    public static IReadOnlyList<Value> TopK(NodeContext node)
    {
        var x = node.In(0);
        if (x.Type.Rank == 0)
            node.Fail("a scalar has no greatest elements");
        long k = node.Has(1) ? node.Int(1, "number of elements") : node.Attributes.Int("k");
        var outputs = node.Builder.AddNode(new TopK(x.Type.Rank - 1, k), x).Outputs;
        return [outputs[0], node.Add(new Cast(node.Attributes.Element("index_type", DataType.Int32)), outputs[1])];
    }

    /// <summary>The element that would be at a place if the last axis were sorted.</summary>
    public static Value NthElement(NodeContext node)
    {
        var x = node.In(0);
        long n = node.Int(1, "place");
        if (x.Type.Rank == 0 || n < 0 || n >= x.Shape[^1].Value)
            node.Fail($"place {n} is not on the last axis of {x.Type}");
        int axis = x.Type.Rank - 1;
        var sorted = node.Builder.AddNode(new TopK(axis, n + 1, Largest: node.Attributes.Flag("reverse")), x).Outputs[0];
        return node.Builder.Squeezed(node.Builder.Along(sorted, axis, n, 1), [axis]);
    }

    public static Value InTopK(NodeContext node)
    {
        var (predictions, targets) = (node.In(0), node.In(1));
        long k = node.Has(2) ? node.Int(2, "number of elements") : node.Attributes.Int("k");
        var chosen = node.Builder.Gathered(predictions, node.Builder.Unsqueezed(targets, -1), 1, 1);
        var above = node.Add(new Cast(DType.Int32), node.Add(new Greater(), predictions, chosen));
        return node.Add(new Less(), node.Add(new ReduceSum([1], KeepDims: false), above), node.Builder.Scalar(k, DType.Int32));
    }

    /// <summary>Operands: indices, depth, the value at the index, the value elsewhere.</summary>
    public static Value OneHot(NodeContext node) => node.Builder.OneHot(node.In(0), node.Int(1, "depth"), node.Attributes.Int("axis", -1), node.In(2), node.In(3));

    public static Value CumSum(NodeContext node)
    {
        var x = node.In(0);
        return node.Add(new CumSum(node.Axis(1, x), node.Attributes.Flag("exclusive"), node.Attributes.Flag("reverse")), x);
    }

    /// <summary>Running products: of 1, then 2, then 4 elements, and so on.</summary>
    public static Value CumProd(NodeContext node)
    {
        var x = node.In(0);
        int axis = node.Axis(1, x);
        bool reverse = node.Attributes.Flag("reverse");
        if (node.Attributes.Flag("exclusive"))
            x = Moved(node, x, axis, 1, reverse);
        for (long step = 1; step < x.Shape[axis].Value; step *= 2)
            x = node.Add(new Mul(), x, Moved(node, x, axis, step, reverse));
        return x;
    }

    public static Value ScatterNd(NodeContext node) => node.Builder.ScatteredIntoZeros(node.In(0), node.In(1), GraphBuilder.TargetShape(node.Ints(2, "shape")));

    /// <summary>Operands: a tensor or what a variable holds, index vectors, updates.</summary>
    public static Func<NodeContext, Value> Scatter(ScatterReduction reduction, bool negated = false) => node =>
    {
        var updates = node.In(2);
        return node.Add(new ScatterND(reduction), node.In(0), node.In(1), negated ? node.Add(new Neg(), updates) : updates);
    };

    /// <summary>Operands: a tensor or what a variable holds, indices of rows, rows or one value for all.</summary>
    public static Func<NodeContext, Value> ScatterRows(ScatterReduction reduction, Func<NodeContext, Value, Value>? of = null) => node =>
    {
        var (x, indices, updates) = (node.In(0), node.In(1), node.In(2));
        if (updates.Type.Rank == 0)
            updates = node.Add(new Expand([.. indices.Shape, .. x.Shape.Skip(1)]), updates);
        return node.Add(new ScatterND(reduction), x, node.Reshaped(indices, [.. indices.Shape, 1]), of is null ? updates : of(node, updates));
    };

    /// <summary>Operands: indices, the output's shape, values, and the value elsewhere.</summary>
    public static Value SparseToDense(NodeContext node) => node.Builder.SparseToDense(node.In(0), GraphBuilder.TargetShape(node.Ints(1, "shape")), node.In(2), node.In(3));

    /// <summary>For each number, how many of a row in rising order are below it (with <typeparamref name="TBefore"/> at most it). Operands: rows [R, N], numbers [R, M].</summary>
    public static Value Searched<TBefore>(NodeContext node) where TBefore : Op, new()
    {
        var (rows, numbers) = (node.In(0), node.In(1));
        if (rows.Type.Rank != 2 || numbers.Type.Rank != 2 || rows.Shape[0] != numbers.Shape[0])
            node.Fail($"{numbers.Type} cannot be looked up in {rows.Type}");
        var before = node.Add(new TBefore(), node.Builder.Unsqueezed(rows, 1), node.Builder.Unsqueezed(numbers, 2));
        return node.Add(new ReduceSum([2], KeepDims: false), node.Add(new Cast(node.Attributes.Element("out_type", DataType.Int32)), before));
    }

    /// <summary>How many of the boundaries, in rising order, an element is not below.</summary>
    public static Value Bucketize(NodeContext node)
    {
        var x = node.In(0);
        float[] boundaries = node.Attributes.Floats("boundaries");
        if (boundaries.Length == 0)
            return node.Builder.Filled(x.Shape, 0, DType.Int32);
        var wide = node.Builder.Unsqueezed(node.Add(new Cast(DType.Float64), x), -1);
        var above = node.Add(new GreaterEqual(), wide, node.Constant(Tensor.Vector<double>([.. boundaries.Select(b => (double)b)])));
        return node.Add(new ReduceSum([x.Type.Rank], KeepDims: false), node.Add(new Cast(DType.Int32), above));
    }

    /// <summary>Rows sent to lists by their numbers, which must be known.</summary>
    public static IReadOnlyList<Value> DynamicPartition(NodeContext node)
    {
        var (x, partitions) = (node.In(0), Constants.Known(node, 1));
        long count = node.Attributes.Int("num_partitions");
        if (count is < 1 or > 1 << 16 || partitions.Shape.Rank > x.Type.Rank)
            node.Fail($"{count} parts by {partitions} of {x.Type} are not possible");
        var rows = node.Reshaped(x, [partitions.Count, .. x.Shape.Skip(partitions.Shape.Rank)]);
        long[] numbers = partitions.ToInt64Array();
        return [.. Enumerable.Range(0, (int)count).Select(part =>
            node.Add(new Gather(0), rows, node.Builder.Vector([.. Enumerable.Range(0, numbers.Length).Where(i => numbers[i] == part).Select(i => (long)i)])))];
    }

    /// <summary>Rows of several tensors put together by their places, which must be known; of equal places the last counts.</summary>
    public static Value DynamicStitch(NodeContext node)
    {
        int count = node.InputCount / 2;
        long[][] places = [.. Enumerable.Range(0, count).Select(i => node.Ints(i, "places"))];
        var first = node.In(count);
        Shape row = [.. first.Shape.Skip(node.In(0).Type.Rank)];
        long rows = places.SelectMany(p => p).DefaultIfEmpty(-1).Max() + 1;
        if (places.Any(p => p.Any(i => i < 0)))
            node.Fail("places must not be negative");
        Value[] parts = [.. Enumerable.Range(0, count).Select(i => node.Reshaped(node.In(count + i), [places[i].Length, .. row]))];
        var all = parts.Length == 1 ? parts[0] : node.Add(new Concat(0), parts);
        long[] from = new long[rows];
        int at = 0;
        foreach (long place in places.SelectMany(p => p))
            from[place] = at++;
        return node.Add(new Gather(0), all, node.Builder.Vector(from));
    }

    /// <summary>Whether elements are above a limit, eight to a byte along the last axis, the first in the highest bit.</summary>
    public static Value CompareAndBitpack(NodeContext node)
    {
        var (x, limit) = (node.In(0), node.In(1));
        if (x.Type.Rank == 0 || x.Shape[^1].Value % 8 != 0)
            node.Fail($"the last axis of {x.Type} does not divide by 8");
        var isAbove = x.Element == DType.Bool ? x : node.Add(new Greater(), x, limit);
        var bits = node.Reshaped(node.Add(new Cast(DType.UInt8), isAbove), [.. x.Shape.SkipLast(1), x.Shape[^1] / 8, 8]);
        return node.Add(new ReduceSum([x.Type.Rank], KeepDims: false), node.Add(new Mul(), bits, node.Constant(Tensor.Vector<byte>(128, 64, 32, 16, 8, 4, 2, 1))));
    }

    /// <summary>Operands: indices, values, shape, and the dense tensor that they are added to.</summary>
    public static Value SparseTensorDenseAdd(NodeContext node) => node.Add(new ScatterND(ScatterReduction.Add), node.In(3), node.In(0), node.In(1));

    /// <summary>Elements moved along an axis; ones come in.</summary>
    private static Value Moved(NodeContext node, Value x, int axis, long by, bool back)
    {
        var (before, after) = (new long[x.Type.Rank], new long[x.Type.Rank]);
        (before[axis], after[axis]) = back ? (-by, by) : (by, -by);
        return node.Add(new Pad(before, after, PadMode.Constant, 1), x);
    }
}
