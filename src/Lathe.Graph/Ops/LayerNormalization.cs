using System.Collections.Immutable;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// (x - mean) / sqrt(variance + epsilon) * scale + bias with statistics over the axes from <paramref name="Axis"/> on (Ba et al., 2016). Inputs: x,
/// scale, and maybe bias, which broadcast to x.
/// </summary>
public sealed record LayerNormalization(int Axis, double Epsilon) : CompositeOp
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 2, 3);
        ElementTypes.Same(inputs);
        return Normalizing.InferTrailing(this, inputs, Axis);
    }

    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var axes = Enumerable.Range(Axis, inputs[0].Shape.Rank - Axis).ToEquatableArray();
        var scaled = b.Add(new Mul(), Normalizing.Standardize(b, inputs[0], axes, Epsilon), inputs[1]);
        return [inputs.Count == 3 ? b.Add(new Add(), scaled, inputs[2]) : scaled];
    }
}
