using System.Collections.Immutable;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// The i64 index of the greatest element along an axis; of equal ones the first, or the last with <paramref name="SelectLast"/>. Where one is NaN, any
/// index in range.
/// </summary>
public sealed record ArgMax(int Axis, bool KeepDims, bool SelectLast = false) : CompositeOp
{
    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs) =>
        [ArgReduction.Expand(b, inputs[0], Axis, KeepDims, SelectLast, greatest: true)];

    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs) => ArgReduction.Infer(this, inputs, Axis, KeepDims);

    public override long Flops(Node node) => node.Inputs[0].Shape.ElementCount;
}
