using System.Collections.Immutable;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// (x - mean) / sqrt(variance + epsilon) * scale + bias with statistics over groups of neighbouring channels of each image, channels first (Wu and He,
/// 2018). Inputs: x, and scale and bias with an element a channel.
/// </summary>
public sealed record GroupNormalization(long Groups, double Epsilon) : CompositeOp
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 3);
        var x = inputs[0];
        ElementTypes.Float(this, x.Element);
        ElementTypes.Same(inputs);
        if (x.Rank < 2)
            throw new ModelException("LATHE2066", $"{x} has no axis of channels");
        if (Groups < 1 || x.Shape[1].Value % Groups != 0)
            throw new ModelException("LATHE2068", $"the channels of {x} do not divide into {Groups} groups");
        Normalizing.CheckPerChannel(x, x.Shape[1], inputs.Skip(1));
        return [x];
    }

    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var x = inputs[0];
        var grouped = b.Add(new Reshape([x.Shape[0], Groups, x.Shape[1] / Groups, .. x.Shape.Skip(2)]), x);
        var axes = Enumerable.Range(2, x.Shape.Rank - 1).ToEquatableArray();
        var standard = b.Add(new Reshape(x.Shape), Normalizing.Standardize(b, grouped, axes, Epsilon));
        Value PerChannel(Value vector) => Normalizing.PerChannel(b, vector, Layout.ChannelsFirst, x.Shape.Rank);
        return [b.Add(new Add(), b.Add(new Mul(), standard, PerChannel(inputs[1])), PerChannel(inputs[2]))];
    }
}
