using System.Collections.Immutable;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>exp(x - m) / sum(exp(x - m)) along an axis, with m the greatest element there.</summary>
public sealed record Softmax(int Axis) : CompositeOp
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs) => Normalizing.InferAlong(this, inputs, Axis);

    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var e = b.Add(new Exp(), b.Add(new Sub(), inputs[0], b.Add(new ReduceMax([Axis], KeepDims: true), inputs[0])));
        return [b.Add(new Div(), e, b.Add(new ReduceSum([Axis], KeepDims: true), e))];
    }
}
