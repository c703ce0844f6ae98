using Lathe.Graphs;
using Lathe.Tensors;

namespace Lathe.Compilation.Scheduling;

/// <summary>A part of a larger value's memory.</summary>
/// <param name="Whole">The value that has the memory.</param>
/// <param name="Start">The index of the part's first element there.</param>
internal sealed record Placement(Value Whole, EquatableArray<long> Start)
{
    /// <summary>Whether the part is some of the columns of all rows, which are as many as its own.</summary>
    public bool HasRowsOf(Value part) => Whole.Shape.SkipLast(1).SequenceEqual(part.Shape.SkipLast(1));

    /// <summary>Elements between neighbours along each axis.</summary>
    public long[] Strides => [.. Enumerable.Range(1, Start.Count).Select(axis => Whole.Shape.Skip(axis).Aggregate(1L, (n, extent) => n * extent.Value))];

    /// <summary>Bytes from the whole's first element to the part's.</summary>
    public long OffsetBytes => Start.Zip(Strides, (at, stride) => at * stride).Sum() * Whole.Element.Size;

    /// <summary>
    /// Elements between neighbours along the axes of another shape under which a kernel sees the part: some of its axes as one, which must lie at one
    /// distance from place to place.
    /// </summary>
    public EquatableArray<long> StridesAs(Value part, ReadOnlySpan<long> shape)
    {
        var (from, strides) = (part.Shape.ToArray(), Strides);
        var result = new long[shape.Length];
        int axis = from.Length - 1;
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            for (; axis > 0 && from[axis] == 1; axis--)
            {
            }
            result[i] = axis < 0 ? 0 : strides[axis];
            for (long extent = 1; extent < shape[i] && axis >= 0; axis--)
            {
                if (from[axis] != 1 && strides[axis] != extent * result[i])
                    throw new InternalException("LATHE5007", $"{part} lies in {Whole} from {Start} on and cannot be seen as [{string.Join(", ", shape.ToArray())}]");
                extent *= from[axis];
            }
        }
        return result.ToEquatableArray();
    }
}
