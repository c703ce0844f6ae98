using System.Collections.Immutable;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>(x - mean) / (sqrt(variance) + 1e-9) over axes.</summary>
public sealed record MeanVarianceNormalization(EquatableArray<int> Axes) : CompositeOp
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 1);
        ElementTypes.Float(this, inputs[0].Element);
        ReductionOp.ReducedShape(inputs[0].Shape, Axes, keepDims: true);
        return [inputs[0]];
    }

    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var x = inputs[0];
        var centred = b.Add(new Sub(), x, b.Add(new ReduceMean(Axes, KeepDims: true), x));
        var deviation = b.Add(new Sqrt(), b.Add(new ReduceMean(Axes, KeepDims: true), b.Add(new Mul(), centred, centred)));
        return [b.Add(new Div(), centred, b.Add(new Add(), deviation, b.Scalar(1e-9, x.Element)))];
    }
}
