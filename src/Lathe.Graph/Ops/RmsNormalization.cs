using System.Collections.Immutable;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// x / sqrt(mean(x^2) + epsilon) * scale with the mean over the axes from <paramref name="Axis"/> on (Zhang and Sennrich, 2019). Inputs: x, and scale,
/// which broadcasts to x.
/// </summary>
public sealed record RmsNormalization(int Axis, double Epsilon) : CompositeOp
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 2);
        ElementTypes.Same(inputs);
        return Normalizing.InferTrailing(this, inputs, Axis);
    }

    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var axes = Enumerable.Range(Axis, inputs[0].Shape.Rank - Axis).ToEquatableArray();
        return [b.Add(new Mul(), Normalizing.DivideByRootMeanSquare(b, inputs[0], axes, Epsilon), inputs[1])];
    }
}
