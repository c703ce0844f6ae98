using Lathe.Loops;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Scheduling;

/// <summary>The memory in which a group's kernel stores its result, and where the result lies there: inside a halo, or inside a larger value.</summary>
/// <param name="draft">The kernel that is being written.</param>
/// <param name="group">The group.</param>
/// <param name="machine">The target's facts.</param>
/// <param name="other">The memory where it is neither the result's own nor the larger value's.</param>
internal sealed class Destination(KernelDraft draft, Group group, MachineFacts machine, Buffer? other = null)
{
    public Buffer Buffer { get; } = other ?? draft.Output(group.Place?.Whole ?? group.Result);

    /// <summary>The place in the buffer of an element of <see cref="Group.Inner"/>, or of its flattened view.</summary>
    public Expr[] At(IReadOnlyList<Expr> index)
    {
        if (group.Halo is { } halo)
            return [.. index.Select((e, axis) => e + halo.Before[axis])];
        if (group.Place is not { } place)
            return [.. index];
        return index.Count == place.Start.Count ? [.. index.Select((e, axis) => e + place.Start[axis])] : [.. index.SkipLast(1), index[^1] + place.Start[^1]];
    }

    /// <summary>Stores an element of <see cref="Group.Inner"/>, or a vector of them.</summary>
    public Stmt Store(IReadOnlyList<Expr> index, Expr value) => Buffer.Store(At(index), value);

    /// <summary>What stores the result, after what writes the halo around it.</summary>
    public Stmt InHalo(params IEnumerable<Stmt> body) =>
        Stmt.Sequence(group.Halo is { } halo ? [HaloFill.Of(draft, Buffer, halo, group.Inner.Shape.ToArray(), machine), .. body] : body);
}
