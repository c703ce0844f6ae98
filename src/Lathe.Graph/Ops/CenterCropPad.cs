using System.Collections.Immutable;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// The input with the axes <paramref name="Axes"/> cut, or filled up with zeros, to <paramref name="Extents"/>, its middle kept in the middle.
/// Where that does not come out even, a place more is cut or added at the end.
/// </summary>
public sealed record CenterCropPad(EquatableArray<int> Axes, EquatableArray<long> Extents) : CompositeOp
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 1);
        var x = inputs[0];
        if (Axes.Count != Extents.Count || Axes.Distinct().Count() != Axes.Count || Axes.Any(a => a < 0 || a >= x.Rank) || Extents.Any(e => e is < 0 or > int.MaxValue))
            throw new ModelException("LATHE2123", $"the axes {Axes} of {x} cannot become {Extents}");
        return [x.WithShape([.. x.Shape.Select((extent, axis) => Axes.Contains(axis) ? Extents[Axes.ToList().IndexOf(axis)] : extent)])];
    }

    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var x = inputs[0];
        var (before, after) = (new long[x.Shape.Rank], new long[x.Shape.Rank]);
        foreach (var (i, axis) in Axes.Index())
        {
            long more = Extents[i] - x.Shape[axis].Value;
            (before[axis], after[axis]) = (more / 2, more - (more / 2));
        }
        return [b.Add(new Pad(before, after), x)];
    }
}
