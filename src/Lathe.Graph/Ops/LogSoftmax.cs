using System.Collections.Immutable;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>x - m - log(sum(exp(x - m))) along an axis, with m the greatest element there.</summary>
public sealed record LogSoftmax(int Axis) : CompositeOp
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs) => Normalizing.InferAlong(this, inputs, Axis);

    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var shifted = b.Add(new Sub(), inputs[0], b.Add(new ReduceMax([Axis], KeepDims: true), inputs[0]));
        var sum = b.Add(new ReduceSum([Axis], KeepDims: true), b.Add(new Exp(), shifted));
        return [b.Add(new Sub(), shifted, b.Add(new Log(), sum))];
    }
}
