using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>A group's result that is i32 kept in range and stored as bytes.</summary>
/// <param name="Wide">The i32 before that.</param>
/// <param name="To">The type of the bytes.</param>
/// <param name="Low">The least byte.</param>
/// <param name="High">The greatest byte.</param>
/// <param name="ReadsColumnsOnly">Whether the elementwise part reads nothing but numbers and constants for each column.</param>
internal sealed record NarrowResult(Value Wide, DType To, int Low, int High, bool ReadsColumnsOnly)
{
    public static NarrowResult? Of(Group group, IReadOnlySet<Value> materialized)
    {
        if (group.Moves.Count > 0 || group.Inner is not { Op: Cast { To: DType.UInt8 or DType.Int8 } cast } || group.Inner.Node.Inputs[0] is not { Element: DType.Int32, Op: Clip { Min: { } low, Max: { } high } } clipped)
            return null;
        var wide = clipped.Node.Inputs[0];
        if (materialized.Contains(clipped) || (materialized.Contains(wide) && wide != group.Anchor?.Output))
            return null;
        bool signed = cast.To == DType.Int8;
        bool fits = low >= (signed ? sbyte.MinValue : byte.MinValue) && high <= (signed ? sbyte.MaxValue : byte.MaxValue) && low == Math.Floor(low) && high == Math.Floor(high);
        return fits ? new(wide, cast.To, (int)low, (int)high, ReadsColumns(group, materialized)) : null;
    }

    private static bool ReadsColumns(Group group, IReadOnlySet<Value> materialized)
    {
        var nodes = GroupNodes.Of(group, materialized);
        long columns = group.Inner.Shape[^1].Value;
        bool ByColumn(Value value) => value.Constant is { } constant
            ? constant.Count == 1 || (constant.Count == columns && constant.Shape[^1].Value == columns)
            : nodes.Contains(value.Node);
        return nodes.Where(n => n != group.Anchor && (group.Halo is null || n != group.Result.Node)).All(n => n.Op is ElementwiseOp && n.Inputs.All(ByColumn));
    }
}
