using Lathe.Formats.TFLite.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>Operators that pick, place or order elements by index or value.</summary>
internal static class Choices
{
    public static IReadOnlyList<Value?> TopK(NodeContext node)
    {
        var x = node.In(0);
        var outputs = node.Builder.AddNode(new TopK(x.Type.Rank - 1, node.Int(1, "number of elements")), x).Outputs;
        return [outputs[0], node.Add(new Cast(node.OutputElement(1)), outputs[1])];
    }

    /// <summary>Operands: indices, depth, the value at the index, the value elsewhere. Indices out of range choose nothing.</summary>
    public static Value OneHot(NodeContext node)
    {
        var indices = node.In(0);
        long depth = node.Int(1, "depth");
        long axis = node.Options.Int(0);
        axis = axis < 0 ? axis + indices.Type.Rank + 1 : axis;
        if (axis < 0 || axis > indices.Type.Rank || depth is < 0 or > int.MaxValue)
            node.Fail($"axis {axis} of {depth} elements does not suit {indices.Type}");
        var chosen = indices.Element.IsSigned
            ? node.Add(new Where(), node.Add(new Less(), indices, node.ScalarLike(0, indices)), node.ScalarLike(depth, indices), indices)
            : indices;
        var values = node.Add(new Concat(0), node.Reshaped(node.In(3), [1]), node.Reshaped(node.In(2), [1]));
        return node.Add(new OneHot(depth, (int)axis), chosen, values);
    }

    public static Value CumSum(NodeContext node)
    {
        var x = node.In(0);
        return node.Add(new CumSum(node.Axis(1, x), node.Options.Flag(0), node.Options.Flag(1)), x);
    }

    /// <summary>Updates added up at their places in zeros. Operands: indices, updates, shape.</summary>
    public static Value ScatterNd(NodeContext node)
    {
        var updates = node.In(1);
        var zeros = node.Add(new Expand(Movement.TargetShape(node, node.Ints(2, "shape"))), node.ScalarLike(0, updates));
        return node.Add(new ScatterND(ScatterReduction.Add), zeros, node.In(0), updates);
    }

    /// <summary>Operands: indices of rank 0 to 2, the output's shape, values, and the value elsewhere.</summary>
    public static Value SparseToDense(NodeContext node)
    {
        var (indices, values) = (node.In(0), node.In(2));
        var shape = Movement.TargetShape(node, node.Ints(1, "shape"));
        indices = indices.Type.Rank switch
        {
            0 => node.Reshaped(indices, [1, 1]),
            1 => node.Reshaped(indices, shape.Rank == 1 ? [indices.Shape[0], 1] : [1, indices.Shape[0]]),
            _ => indices,
        };
        var filled = node.Add(new Expand(shape), node.Reshaped(node.In(3), Shape.Scalar));
        return node.Add(new ScatterND(ScatterReduction.None), filled, indices, node.Add(new Expand([indices.Shape[0]]), values));
    }

    /// <summary>Rows added up for each run of equal segment numbers, which must be known.</summary>
    public static Value SegmentSum(NodeContext node)
    {
        long[] segments = node.Ints(1, "segment numbers");
        return Segments(node, segments.Length > 0 ? segments.Max() + 1 : 0, ScatterReduction.Add, 0);
    }

    public static Func<NodeContext, Value> UnsortedSegment(ScatterReduction reduction, double neutral) => node => Segments(node, node.Int(2, "number of segments"), reduction, neutral);

    /// <summary>A vector for each place along a new last axis, on the diagonal of zeros.</summary>
    public static Value MatrixDiag(NodeContext node)
    {
        var x = node.In(0);
        var row = Movement.Unsqueezed(node, x, x.Type.Rank - 1);
        return node.Add(new Where(), Diagonal(node, x.Shape[^1].Value, x.Shape[^1].Value), row, node.ScalarLike(0, x));
    }

    /// <summary>Matrices with other diagonals.</summary>
    public static Value MatrixSetDiag(NodeContext node)
    {
        var (x, diagonal) = (node.In(0), node.In(1));
        if (x.Type.Rank < 2)
            node.Fail($"{x.Type} has no diagonal");
        var (rows, columns) = (x.Shape[^2].Value, x.Shape[^1].Value);
        var line = Movement.Unsqueezed(node, diagonal, rows < columns ? -1 : diagonal.Type.Rank - 1);
        return node.Add(new Where(), Diagonal(node, rows, columns), line, x);
    }

    /// <summary>How many of the boundaries, in rising order, an element is not below.</summary>
    public static Value Bucketize(NodeContext node)
    {
        var x = node.In(0);
        float[] boundaries = node.Options.Floats(0);
        if (boundaries.Length == 0)
            return node.Add(new Expand(x.Shape), node.Builder.Scalar(0, DType.Int32));
        var wide = Movement.Unsqueezed(node, node.Add(new Cast(DType.Float64), x), -1);
        var above = node.Add(new GreaterEqual(), wide, node.Builder.Constant(Tensor.Vector<double>([.. boundaries.Select(b => (double)b)])));
        return node.Add(new ReduceSum([x.Type.Rank], KeepDims: false), node.Add(new Cast(DType.Int32), above));
    }

    /// <summary>Distinct elements in the order of their first place, and each element's number; the operand must be constant.</summary>
    public static IReadOnlyList<Value?> Unique(NodeContext node)
    {
        var x = node.TryConstant(0) ?? throw node.Unsupported("its result's shape depends on data that only a run gives");
        var first = new Dictionary<double, int>();
        var places = new List<int>();
        var numbers = Tensor.Zeros(node.OutputElement(1), x.Shape);
        for (int i = 0; i < x.Count; i++)
        {
            if (first.TryAdd(x.GetDouble(i), first.Count))
                places.Add(i);
            numbers.SetInt64(i, first[x.GetDouble(i)]);
        }
        var distinct = Tensor.Zeros(x.Type, [places.Count]);
        for (int i = 0; i < places.Count; i++)
            distinct.SetDouble(i, x.GetDouble(places[i]));
        return [node.Builder.Constant(distinct), node.Builder.Constant(numbers)];
    }

    private static Value Segments(NodeContext node, long count, ScatterReduction reduction, double neutral)
    {
        var (x, segments) = (node.In(0), node.In(1));
        if (count is < 0 or > int.MaxValue || segments.Type.Rank > x.Type.Rank)
            node.Fail($"{count} segments by {segments.Type} of {x.Type} are not possible");
        var rows = x.Shape.Skip(segments.Type.Rank).ToArray();
        double start = x.Element.IsFloat || Math.Abs(neutral) <= 1 ? neutral : neutral > 0 ? Highest(x.Element) : -Highest(x.Element) - 1;
        var initial = node.Add(new Expand([count, .. rows]), node.ScalarLike(start, x));
        var indices = node.Reshaped(segments, [.. segments.Shape, 1]);
        return node.Add(new ScatterND(reduction), initial, indices, x);
    }

    private static double Highest(DType type) => Math.Pow(2, (8 * type.Size) - 1) - 1;

    private static Value Diagonal(NodeContext node, long rows, long columns)
    {
        if (rows * columns > 1 << 24)
            throw node.Unsupported($"a diagonal of {rows} by {columns} elements is not supported");
        var eye = Tensor.Zeros(DType.Bool, [rows, columns]);
        for (long i = 0; i < Math.Min(rows, columns); i++)
            eye.SetInt64((i * columns) + i, 1);
        return node.Builder.Constant(eye);
    }
}
