using System.Collections.Immutable;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// (x - mean) * scale / sqrt(variance + epsilon) + bias for each channel, with known statistics (Ioffe and Szegedy, 2015). Inputs: x of rank 2 at
/// least, scale, bias, mean, variance.
/// </summary>
public sealed record BatchNormalization(double Epsilon, Layout Layout) : CompositeOp
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 5);
        var x = inputs[0];
        ElementTypes.Float(this, x.Element);
        ElementTypes.Same(inputs);
        if (x.Rank < 2)
            throw new ModelException("LATHE2066", $"{x} has no axis of channels");
        Normalizing.CheckPerChannel(x, x.Shape[ImageAxes.Of(Layout, x.Rank).Channel], inputs.Skip(1));
        return [x];
    }

    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var (x, scale, bias, mean, variance) = (inputs[0], inputs[1], inputs[2], inputs[3], inputs[4]);
        var factor = b.Add(new Div(), scale, b.Add(new Sqrt(), b.Add(new Add(), variance, b.Scalar(Epsilon, x.Element))));
        Value PerChannel(Value vector) => Normalizing.PerChannel(b, vector, Layout, x.Shape.Rank);
        var scaled = b.Add(new Mul(), b.Add(new Sub(), x, PerChannel(mean)), PerChannel(factor));
        return [b.Add(new Add(), scaled, PerChannel(bias))];
    }
}
