using Lathe.Formats.Importing;
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

    /// <summary>Operands: indices, depth, the value at the index, the value elsewhere.</summary>
    public static Value OneHot(NodeContext node) => node.Builder.OneHot(node.In(0), node.Int(1, "depth"), node.Options.Int(0), node.In(2), node.In(3));

    public static Value CumSum(NodeContext node)
    {
        var x = node.In(0);
        return node.Add(new CumSum(node.Axis(1, x), node.Options.Flag(0), node.Options.Flag(1)), x);
    }

    /// <summary>Updates added up at their places in zeros. Operands: indices, updates, shape.</summary>
    public static Value ScatterNd(NodeContext node) => node.Builder.ScatteredIntoZeros(node.In(0), node.In(1), Movement.TargetShape(node.Ints(2, "shape")));

    /// <summary>Operands: indices of rank 0 to 2, the output's shape, values, and the value elsewhere.</summary>
    public static Value SparseToDense(NodeContext node) => node.Builder.SparseToDense(node.In(0), Movement.TargetShape(node.Ints(1, "shape")), node.In(2), node.In(3));

    /// <summary>Rows added up for each run of equal segment numbers, which must be known.</summary>
    public static Value SegmentSum(NodeContext node)
    {
        long[] segments = node.Ints(1, "segment numbers");
        return node.Builder.Segmented(node.In(0), node.In(1), segments.Length > 0 ? segments.Max() + 1 : 0, ScatterReduction.Add, 0);
    }

    public static Func<NodeContext, Value> UnsortedSegment(ScatterReduction reduction, double neutral) => node =>
        node.Builder.Segmented(node.In(0), node.In(1), node.Int(2, "number of segments"), reduction, neutral);

    public static Value MatrixDiag(NodeContext node) => node.Builder.MatrixDiag(node.In(0));

    public static Value MatrixSetDiag(NodeContext node) => node.Builder.MatrixSetDiag(node.In(0), node.In(1));

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

    /// <summary>Rows of a table by their keys, zeros where there is none, and whether there is one. Operands: the keys that are asked for, the table's, its rows.</summary>
    public static IReadOnlyList<Value?> HashTableLookup(NodeContext node)
    {
        var (asked, keys, values) = (node.In(0), node.In(1), node.In(2));
        var (taken, areThere) = node.Builder.LookedUp(keys, values, asked);
        return [node.Add(new Where(), areThere, taken, node.ScalarLike(0, taken)), node.Add(new Cast(DType.UInt8), node.Reshaped(areThere, asked.Shape))];
    }

    /// <summary>Distinct elements in the order of their first place, and each element's number; the operand must be constant.</summary>
    public static IReadOnlyList<Value?> Unique(NodeContext node)
    {
        var x = node.TryConstant(0) ?? throw node.Unsupported("its result's shape depends on data that only a run gives");
        var (distinct, numbers, _) = KnownValues.Unique(x, node.OutputElement(1));
        return [node.Builder.Constant(distinct), node.Builder.Constant(numbers)];
    }
}
