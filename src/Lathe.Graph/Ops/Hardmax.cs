using System.Collections.Immutable;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>1 at the first greatest element along an axis, else 0.</summary>
public sealed record Hardmax(int Axis) : CompositeOp
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs) => Normalizing.InferAlong(this, inputs, Axis);

    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var x = inputs[0];
        var offOn = Tensor.Zeros(x.Element, Shape.Of(2));
        offOn.SetDouble(1, 1);
        return [b.Add(new OneHot(x.Shape[Axis].Value, Axis), b.Add(new ArgMax(Axis, KeepDims: false), x), b.Constant(offOn))];
    }
}
