using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Compilation.Scheduling;

/// <summary>
/// Nodes that become one kernel. <paramref name="Result"/> is what the kernel stores; everything between it and the materialized values is
/// computed in registers.
/// </summary>
/// <param name="Result">The value that gets memory.</param>
/// <param name="Anchor">
/// The contraction or reduction that the group is built around, or null. Between it and the result there are only elementwise ops and <see cref="Moves"/>.
/// </param>
/// <param name="Halo">The padding that surrounds the result when it is stored, or null.</param>
/// <param name="Rows">The rows that the group runs over, where it holds reductions of rows and elementwise ops before and after them; else null.</param>
internal sealed record Group(Value Result, Node? Anchor, Pad? Halo, RowSpace? Rows = null)
{
    /// <summary>
    /// The group that gives the data of the anchor or of the rows, computed in the same kernel a few rows at a time, or null. Nothing else reads its
    /// result, which has no memory of its own.
    /// </summary>
    public Group? Producer { get; init; }

    /// <summary>The transposes and reshapes between the anchor and the result, in their order: elements are stored where these bring them.</summary>
    public EquatableArray<Node> Moves { get; init; }

    /// <summary>The part of a concatenation's memory that the result is; null where it has memory of its own.</summary>
    public Placement? Place { get; init; }

    /// <summary>Where the group is a concatenation: the inputs that their own kernels have stored in its memory.</summary>
    public EquatableArray<Value> Placed { get; init; }

    /// <summary>What the group reads that lies in another value's memory, and where.</summary>
    public EquatableArray<(Value Value, Placement At)> Views { get; init; }

    /// <summary>Whether places of images lie at one distance from the first to the last in all that the group reads and stores.</summary>
    public bool HasWholeRows => Halo is null && Place?.HasRowsOf(Result) != false && Views.All(v => v.At.HasRowsOf(v.Value));

    /// <summary>What the elementwise part produces: the result, or what is padded to become it.</summary>
    public Value Inner => Halo is null ? Result : Result.Node.Inputs[0];
}
