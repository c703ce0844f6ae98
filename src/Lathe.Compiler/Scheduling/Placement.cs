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
}
