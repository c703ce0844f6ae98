using Lathe.Formats.Importing;
using Lathe.Formats.TensorFlow.Importing;
using Lathe.Formats.TensorFlow.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>Operators whose values follow from attributes, types, shapes, or operands that are known.</summary>
internal static class Constants
{
    public static IReadOnlyList<Slot> Const(NodeContext node)
    {
        var proto = node.Attributes.Tensor("value") ?? throw new ModelException("LATHE3520", "its attribute value is missing");
        if (DataTypes.Of(proto.Dtype) == DataType.String)
            return [new Slot.Texts(TensorProtos.ReadStrings(proto))];
        return [new Slot.Bound(TensorProtos.ReadRepeated(proto) is var (number, shape) ? node.Add(new Expand(shape), node.Constant(number)) : node.Constant(TensorProtos.Read(proto)))];
    }

    public static Value ShapeOf(NodeContext node) => ShapeOf(node, node.In(0));

    public static IReadOnlyList<Value> ShapeN(NodeContext node) => [.. node.InputsFrom(0).Select(x => ShapeOf(node, x))];

    public static Value Size(NodeContext node) => Number(node, node.In(0).Shape.ElementCount);

    public static Value Rank(NodeContext node) => node.Builder.Scalar(node.In(0).Type.Rank, DType.Int32);

    public static Value Fill(NodeContext node) => node.Add(new Expand(GraphBuilder.TargetShape(node.Ints(0, "shape"))), node.Builder.AsScalar(node.In(1)));

    /// <summary>Memory without defined contents, which is zeros here.</summary>
    public static Value Empty(NodeContext node) => node.Builder.Filled(GraphBuilder.TargetShape(node.Ints(0, "shape")), 0, node.Attributes.Element("dtype"));

    /// <summary>What stands for a result of a branch that has none; it is never read, and is zeros here.</summary>
    public static Value Placeholder(NodeContext node) => node.Builder.Filled(
        Shapes.Known(node.Attributes.Shape("shape") ?? throw new ModelException("LATHE3520", "its attribute shape is missing")), 0, node.Attributes.Element("dtype"));

    public static Func<NodeContext, Value> Like(double value) => node => node.Builder.Filled(node.In(0).Shape, value, node.In(0).Element);

    public static Value Range(NodeContext node) => node.Constant(KnownValues.Range(node.Constant(0, "start"), node.Constant(1, "limit"), node.Constant(2, "delta")));

    /// <summary>Numbers from a start to a stop, both included.</summary>
    public static Value LinSpace(NodeContext node)
    {
        var (start, stop, count) = (node.Constant(0, "start"), node.Constant(1, "stop"), node.Int(2, "number of elements"));
        if (start.Count != 1 || stop.Count != 1 || count is < 1 or > KnownValues.MaxElements)
            node.Fail($"{count} elements from {start} to {stop} are not possible");
        var result = Tensor.Zeros(start.Type, [count]);
        double step = count > 1 ? (stop.GetDouble(0) - start.GetDouble(0)) / (count - 1) : 0;
        for (long i = 0; i < count; i++)
            result.SetDouble(i, i == count - 1 && count > 1 ? stop.GetDouble(0) : start.GetDouble(0) + (i * step));
        return node.Constant(result);
    }

    /// <summary>The shape that two shapes broadcast to.</summary>
    public static Value BroadcastArgs(NodeContext node)
    {
        var joined = Broadcasting.Join([GraphBuilder.TargetShape(node.Ints(0, "shape")), GraphBuilder.TargetShape(node.Ints(1, "shape"))]);
        return node.Constant(Tensor.Vector(joined.ToArray()).Cast(node.In(0).Element));
    }

    /// <summary>The places of non-zero elements; their number is the result's shape, so the operand itself must be known.</summary>
    public static Value Where(NodeContext node) => node.Constant(KnownValues.NonZero(Known(node, 0)));

    public static IReadOnlyList<Value> Unique(NodeContext node)
    {
        var (distinct, numbers, counts) = KnownValues.Unique(Known(node, 0), node.Attributes.Element("out_idx", DataType.Int32));
        return [node.Constant(distinct), node.Constant(numbers), node.Constant(counts)];
    }

    /// <summary>The elements of x that are not in y, and their places.</summary>
    public static IReadOnlyList<Value> ListDiff(NodeContext node)
    {
        var (x, y) = (Known(node, 0), Known(node, 1));
        var taken = y.ToDoubleArray().ToHashSet();
        long[] places = [.. Enumerable.Range(0, (int)x.Count).Where(i => !taken.Contains(x.GetDouble(i))).Select(i => (long)i)];
        return [node.Add(new Gather(0), node.In(0), node.Builder.Vector(places)), node.Constant(Tensor.Vector(places).Cast(node.Attributes.Element("out_idx", DataType.Int32)))];
    }

    public static Value InvertPermutation(NodeContext node)
    {
        var known = node.Constant(0, "permutation");
        long[] permutation = known.ToInt64Array();
        var result = Tensor.Zeros(known.Type, known.Shape);
        for (int i = 0; i < permutation.Length; i++)
            result.SetInt64(permutation[i] >= 0 && permutation[i] < permutation.Length ? permutation[i] : throw Misfit.Of($"{Misfit.List(permutation)} is no permutation"), i);
        return node.Constant(result);
    }

    /// <summary>The value that follows from constants alone; the importer says why one is needed.</summary>
    public static Tensor Known(NodeContext node, int input) => node.TryConstant(input) ?? throw node.Unsupported("its result's shape depends on data that only a run gives");

    private static Value ShapeOf(NodeContext node, Value x)
    {
        if (!x.Shape.IsKnown)
            throw node.Unsupported($"the shape {x.Shape} is not known; give the model's input shapes");
        return node.Constant(Tensor.Vector(x.Shape.ToArray()).Cast(node.Attributes.Element("out_type", DataType.Int32)));
    }

    private static Value Number(NodeContext node, long number) => node.Builder.Scalar(number, node.Attributes.Element("out_type", DataType.Int32));
}
