using System.Collections.Immutable;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>x divided by its 1-norm or 2-norm along an axis; 0 where the norm is 0.</summary>
public sealed record LpNormalization(int Axis, int P) : CompositeOp
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs) => P is 1 or 2
        ? Normalizing.InferAlong(this, inputs, Axis)
        : throw new ModelException("LATHE2069", $"the norm's order must be 1 or 2, and is {P}");

    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var x = inputs[0];
        CompositeOp reduction = P == 1 ? new ReduceL1([Axis], KeepDims: true) : new ReduceL2([Axis], KeepDims: true);
        var norm = b.Add(reduction, x);
        var zero = b.Scalar(0, x.Element);
        return [b.Add(new Where(), b.Add(new Equal(), norm, zero), zero, b.Add(new Div(), x, norm))];
    }
}
