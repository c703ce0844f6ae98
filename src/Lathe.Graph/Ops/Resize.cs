using System.Collections.Immutable;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// An image sampled anew at another size, axis by axis. <paramref name="Sizes"/> and <paramref name="Scales"/> have an entry an axis, output extents and the
/// scale factors that the formulas use; axes of equal size and scale 1 are left alone. <paramref name="Roi"/>, starts of all axes and then
/// ends, and <paramref name="ExtrapolationValue"/> are for <see cref="CoordinateMode.TfCropAndResize"/>; <paramref name="CubicA"/> and
/// <paramref name="ExcludeOutside"/> (elements outside weigh nothing) for cubic. <paramref name="Antialias"/> widens the filter where the image shrinks.
/// </summary>
public sealed record Resize(
    EquatableArray<long> Sizes,
    EquatableArray<double> Scales,
    ResizeMode Mode = ResizeMode.Nearest,
    CoordinateMode Coordinates = CoordinateMode.HalfPixel,
    NearestMode Nearest = NearestMode.RoundPreferFloor,
    double CubicA = -0.75,
    bool ExcludeOutside = false,
    bool Antialias = false,
    EquatableArray<double> Roi = default,
    double ExtrapolationValue = 0) : CompositeOp
{
    /// <summary>The largest extent that is made: each place of it takes a row of a table.</summary>
    internal const long MaxExtent = 1 << 24;

    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 1);
        var x = inputs[0];
        if (Sizes.Count != x.Rank || Scales.Count != x.Rank)
            throw new ModelException("LATHE2074", $"sizes {Sizes} and scales {Scales} do not have an entry for each axis of {x}");
        if (Sizes.Any(s => s is < 0 or > MaxExtent) || Scales.Any(s => !(s > 0 && double.IsFinite(s))))
            throw new ModelException("LATHE2075", $"sizes {Sizes} and scales {Scales} must be positive, sizes at most {MaxExtent}");
        if (Coordinates == CoordinateMode.TfCropAndResize && Roi.Count != 2 * x.Rank)
            throw new ModelException("LATHE2076", $"the region {Roi} does not have a start and an end for each axis of {x}");
        for (int axis = 0; axis < x.Rank; axis++)
            if (x.Shape[axis].Value == 0 && Sizes[axis] > 0)
                throw new ModelException("LATHE2077", $"{x} has no element along axis {axis} to make {Sizes[axis]} of");
        return [x.WithShape(Shape.Of(Sizes))];
    }

    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var x = inputs[0];
        var type = Mode == ResizeMode.Nearest || x.Element.IsFloat ? x.Element : DType.Float32;
        var y = b.Add(new Cast(type), x);
        for (int axis = 0; axis < Sizes.Count; axis++)
        {
            bool isKept = Sizes[axis] == x.Shape[axis].Value && Scales[axis] == 1;
            if (!isKept || (Coordinates == CoordinateMode.TfCropAndResize && (Roi[axis] != 0 || Roi[axis + Sizes.Count] != 1)))
                y = Along(b, y, axis);
        }
        return [b.Add(new Cast(x.Element), y)];
    }

    private Value Along(GraphBuilder b, Value x, int axis)
    {
        var filter = new ResizeAxis(this, axis, x.Shape[axis].Value);
        int count = (int)Sizes[axis];
        var shape = Shape.Of([count, .. Enumerable.Repeat(1L, Sizes.Count - axis - 1)]);
        var samples = Enumerable.Range(0, count).Select(i => filter.At(i)).ToArray();
        Value? sum = null;
        for (int tap = 0; tap < filter.Taps; tap++)
        {
            if (samples.All(s => s.Weights[tap] == 0))
                continue;
            var elements = Tensor.Vector<long>([.. samples.Select(s => s.Elements[tap])]);
            var term = b.Add(new Gather(axis), x, b.Constant(elements));
            if (samples.Any(s => s.Weights[tap] != 1))
                term = b.Add(new Mul(), term, b.Constant(Tensor.Of<double>(shape, [.. samples.Select(s => s.Weights[tap])]).Cast(x.Element)));
            sum = sum is null ? term : b.Add(new Add(), sum, term);
        }
        sum ??= b.Add(new Expand(Shape.Of([.. x.Shape.Take(axis).Select(d => d.Value), count, .. x.Shape.Skip(axis + 1).Select(d => d.Value)])), b.Scalar(0, x.Element));
        var outside = Enumerable.Range(0, count).Select(i => filter.IsOutside(i)).ToArray();
        return outside.Contains(true)
            ? b.Add(new Where(), b.Constant(Tensor.Of<bool>(shape, outside)), b.Scalar(ExtrapolationValue, x.Element), sum)
            : sum;
    }
}
