using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Compilation.Scheduling;

/// <summary>
/// The elements that a row kernel runs over: rows, counted by the outer axes, and the places in a row, which is one stretch of memory. Each reduction of
/// the kernel takes a row to one element.
/// </summary>
/// <param name="Outer">The outer axes' extents.</param>
/// <param name="Row">The extents of the axes that make a row.</param>
internal sealed record RowSpace(EquatableArray<long> Outer, EquatableArray<long> Row)
{
    public long Rows => Outer.Aggregate(1L, (a, b) => a * b);

    public long Length => Row.Aggregate(1L, (a, b) => a * b);

    /// <summary>The space that a reduction reads, or null where the axes it reduces are not the innermost ones.</summary>
    public static RowSpace? Of(ReductionOp op, Value input)
    {
        long[] shape = input.Shape.ToArray();
        int first = op.Axes.Where(a => shape[a] != 1).DefaultIfEmpty(shape.Length).Min();
        bool innermost = Enumerable.Range(first, shape.Length - first).All(a => shape[a] == 1 || op.Axes.Contains(a));
        return innermost && first < shape.Length && shape.All(d => d > 0) ? new(shape[..first], shape[first..]) : null;
    }

    /// <summary>Whether a value has an element for each place of each row.</summary>
    public bool IsFull(Value value) => value.Shape.ToArray().SequenceEqual(Outer.Concat(Row));

    /// <summary>Whether a value has one element for each row and broadcasts along it.</summary>
    public bool IsPerRow(Value value) => View(value) is [.. var outer, 1] && outer.SequenceEqual(Outer);

    /// <summary>
    /// The shape of a value that broadcasts to the whole space, with its part in a row as one axis; null where it varies along some of
    /// the row's axes only, or does not broadcast.
    /// </summary>
    public long[]? View(Value value)
    {
        long[] shape = value.Shape.ToArray();
        int rank = Outer.Count + Row.Count;
        if (shape.Length > rank)
            return null;
        long[] full = [.. Enumerable.Repeat(1L, rank - shape.Length), .. shape];
        var (outer, row) = (full[..Outer.Count], full[Outer.Count..]);
        if (outer.Zip(Outer).Any(p => p.First != 1 && p.First != p.Second))
            return null;
        return row.All(d => d == 1) ? [.. outer, 1] : row.SequenceEqual(Row) ? [.. outer, Length] : null;
    }
}
