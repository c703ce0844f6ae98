using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>What <see cref="ArgMax"/> and <see cref="ArgMin"/> share.</summary>
internal static class ArgReduction
{
    public static EquatableArray<TensorType> Infer(Op op, IReadOnlyList<TensorType> inputs, int axis, bool keepDims)
    {
        ElementTypes.Count(op, inputs, 1);
        var x = inputs[0];
        ElementTypes.Number(op, x.Element);
        var shape = ReductionOp.ReducedShape(x.Shape, [axis], keepDims);
        if (x.Shape[axis] is { IsKnown: true, Value: 0 })
            throw new ModelException("LATHE2031", $"{x} has no element along axis {axis} to choose from");
        return [new TensorType(DType.Int64, shape)];
    }

    public static Value Expand(GraphBuilder b, Value x, int axis, bool keepDims, bool selectLast, bool greatest)
    {
        long extent = x.Shape[axis].Value;
        PrimitiveOp extreme = greatest ? new ReduceMax([axis], KeepDims: true) : new ReduceMin([axis], KeepDims: true);
        var chosen = b.Add(new Equal(), x, b.Add(extreme, x));
        var positions = Tensor.Zeros(DType.Int64, Shape.Of([extent, .. Enumerable.Repeat(1L, x.Shape.Rank - axis - 1)]));
        for (long i = 0; i < extent; i++)
            positions.SetInt64(i, i);
        var candidates = b.Add(new Where(), chosen, b.Constant(positions), b.Scalar(selectLast ? 0 : extent - 1, DType.Int64));
        return b.Add(selectLast ? new ReduceMax([axis], keepDims) : new ReduceMin([axis], keepDims), candidates);
    }
}
