using Lathe.Formats.Importing;
using Lathe.Formats.TensorFlow.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>Operators that combine, or count, what has the same number.</summary>
internal static class Segments
{
    /// <summary>Slices combined for each run of equal segment numbers, which must be known. Without any, a segment is 0, or 1 in products.</summary>
    public static Func<NodeContext, Value> Of(ScatterReduction reduction) => node =>
    {
        long[] segments = node.Ints(1, "segment numbers");
        long count = segments.Length > 0 ? segments.Max() + 1 : 0;
        double neutral = reduction switch
        {
            ScatterReduction.Mul => 1,
            ScatterReduction.Max => double.NegativeInfinity,
            ScatterReduction.Min => double.PositiveInfinity,
            _ => 0,
        };
        var result = node.Builder.Segmented(node.In(0), node.In(1), count, reduction, neutral);
        if (double.IsFinite(neutral) || segments.Distinct().Count() == count)
            return result;
        var empty = Tensor.Zeros(DType.Bool, [count, .. Enumerable.Repeat((Dim)1, result.Type.Rank - 1)]);
        for (long i = 0; i < count; i++)
            empty.SetInt64(i, segments.Contains(i) ? 0 : 1);
        return node.Add(new Where(), node.Constant(empty), node.ScalarLike(0, result), result);
    };

    public static Value Mean(NodeContext node)
    {
        long[] segments = node.Ints(1, "segment numbers");
        var sum = Of(ScatterReduction.Add)(node);
        return node.Add(new Div(), sum, node.Constant(Sizes(segments, sum)));
    }

    /// <summary>Negative segment numbers drop their elements.</summary>
    public static Func<NodeContext, Value> Unsorted(ScatterReduction reduction, double neutral) => node =>
    {
        long count = node.Int(2, "number of segments");
        var segments = node.In(1);
        if (!segments.Element.IsSigned)
            return node.Builder.Segmented(node.In(0), segments, count, reduction, neutral);
        // A row more takes what is dropped.
        var kept = node.Add(new Where(), node.Add(new Less(), segments, node.ScalarLike(0, segments)), node.ScalarLike(count, segments), segments);
        return node.Builder.Along(node.Builder.Segmented(node.In(0), kept, checked(count + 1), reduction, neutral), 0, 0, count);
    };

    /// <summary>How often each number occurs, or the sum of its weights. The result's size must be known.</summary>
    public static Value Counts(NodeContext node)
    {
        var numbers = node.In(0);
        var weights = node.In(2);
        long size = node.Int(1, "size");
        bool counts = weights.Shape.ElementCount == 0;
        var flat = node.Reshaped(numbers, [numbers.Shape.ElementCount]);
        var added = counts ? node.Add(new Expand(flat.Shape), node.Builder.Scalar(1, weights.Element)) : node.Reshaped(weights, flat.Shape);
        var zero = node.ScalarLike(0, flat);
        var outside = node.Add(new Or(), node.Add(new Less(), flat, zero), node.Add(new GreaterEqual(), flat, node.ScalarLike(size, flat)));
        var kept = node.Add(new Where(), outside, node.ScalarLike(size, flat), flat);
        return node.Builder.Along(node.Builder.Segmented(added, kept, checked(size + 1), ScatterReduction.Add, 0), 0, 0, size);
    }

    /// <summary>The same for each row of numbers, or only whether it occurs. Operands: numbers [N] or [rows, N], size, weights or none.</summary>
    public static Value DenseCounts(NodeContext node)
    {
        var (numbers, weights) = (node.In(0), node.In(2));
        long size = node.Int(1, "size");
        if (numbers.Type.Rank is not (1 or 2) || size is < 0 or > int.MaxValue)
            node.Fail($"{numbers.Type} cannot be counted in {size} places");
        int axis = numbers.Type.Rank - 1;
        var hits = node.Add(new Equal(), node.Builder.Unsqueezed(numbers, -1), node.Constant(KnownValues.Range(Tensor.Scalar(0L), Tensor.Scalar(size), Tensor.Scalar(1L)).Cast(numbers.Element)));
        if (node.Attributes.Flag("binary_output"))
            return node.Add(new ReduceMax([axis], KeepDims: false), node.Add(new Cast(weights.Element), hits));
        var counted = node.Add(new Cast(weights.Element), hits);
        return node.Add(new ReduceSum([axis], KeepDims: false), weights.Shape.ElementCount == 0 ? counted : node.Add(new Mul(), counted, node.Builder.Unsqueezed(weights, -1)));
    }

    /// <summary>Rows of a table added up for each run of equal segment numbers, which must be known. Operands: table, each entry's row, each entry's segment.</summary>
    public static Value SparseSum(NodeContext node) => SparseSums(node).Sum;

    public static Value SparseMean(NodeContext node)
    {
        var (sum, counts) = SparseSums(node);
        return node.Add(new Div(), sum, node.Constant(counts));
    }

    /// <summary>The sum over the root of the number of rows.</summary>
    public static Value SparseSqrtN(NodeContext node)
    {
        var (sum, counts) = SparseSums(node);
        return node.Add(new Div(), sum, node.Add(new Sqrt(), node.Constant(counts)));
    }

    private static (Value Sum, Tensor Counts) SparseSums(NodeContext node)
    {
        long[] segments = node.Ints(2, "segment numbers");
        long count = segments.Length > 0 ? segments.Max() + 1 : 0;
        var sum = node.Builder.Segmented(node.Add(new Gather(0), node.In(0), node.In(1)), node.In(2), count, ScatterReduction.Add, 0);
        return (sum, Sizes(segments, sum));
    }

    /// <summary>How many elements each segment has, at least 1, along the first axis of a result.</summary>
    private static Tensor Sizes(long[] segments, Value result)
    {
        var counts = Tensor.Zeros(result.Element, [result.Shape[0], .. Enumerable.Repeat((Dim)1, result.Type.Rank - 1)]);
        for (long i = 0; i < counts.Count; i++)
            counts.SetDouble(i, Math.Max(1, segments.Count(s => s == i)));
        return counts;
    }
}
