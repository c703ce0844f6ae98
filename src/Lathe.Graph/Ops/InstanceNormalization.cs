using System.Collections.Immutable;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// (x - mean) / sqrt(variance + epsilon) * scale + bias with statistics over each channel of each image (Ulyanov et al., 2016). Inputs: x, and scale
/// and bias with an element a channel.
/// </summary>
public sealed record InstanceNormalization(double Epsilon, Layout Layout) : CompositeOp
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 3);
        var x = inputs[0];
        ElementTypes.Float(this, x.Element);
        ElementTypes.Same(inputs);
        if (x.Rank < 3)
            throw new ModelException("LATHE2062", $"an image must have rank 3 at least, and {x} has not");
        Normalizing.CheckPerChannel(x, x.Shape[ImageAxes.Of(Layout, x.Rank).Channel], inputs.Skip(1));
        return [x];
    }

    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        int rank = inputs[0].Shape.Rank;
        var axes = Enumerable.Range(ImageAxes.Of(Layout, rank).FirstSpatial, rank - 2).ToEquatableArray();
        var standard = Normalizing.Standardize(b, inputs[0], axes, Epsilon);
        var scaled = b.Add(new Mul(), standard, Normalizing.PerChannel(b, inputs[1], Layout, rank));
        return [b.Add(new Add(), scaled, Normalizing.PerChannel(b, inputs[2], Layout, rank))];
    }
}
