using System.Collections.Immutable;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// Quantizes f32 to u8 with a scale and zero point from the data, whose range is widened to hold 0: scale = (max - min) / 255, zero point =
/// round(-min / scale). Outputs: u8 data, f32 scale, u8 zero point.
/// </summary>
public sealed record DynamicQuantizeLinear : CompositeOp
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 1);
        if (inputs[0].Element != DType.Float32)
            throw new ModelException("LATHE2003", $"{Name} takes f32 and was given {inputs[0].Element.Name}");
        return [inputs[0].WithElement(DType.UInt8), new(DType.Float32, Shape.Scalar), new(DType.UInt8, Shape.Scalar)];
    }

    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var x = inputs[0];
        var all = Enumerable.Range(0, x.Shape.Rank).ToEquatableArray();
        var none = b.Scalar(0, DType.Float32);
        var least = b.Add(new Min(), b.Add(new ReduceMin(all, KeepDims: false), x), none);
        var greatest = b.Add(new Max(), b.Add(new ReduceMax(all, KeepDims: false), x), none);
        var range = b.Add(new Div(), b.Add(new Sub(), greatest, least), b.Scalar(255, DType.Float32));
        var scale = b.Add(new Where(), b.Add(new Equal(), range, none), b.Scalar(1, DType.Float32), range);
        var zero = b.Add(new Cast(DType.UInt8), b.Add(new Round(), b.Add(new Div(), b.Add(new Neg(), least), scale)));
        return [b.Add(new QuantizeLinear(0), x, scale, zero), scale, zero];
    }
}
