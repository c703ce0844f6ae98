using Lathe.Compilation.Scheduling;
using Lathe.Graphs;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// Sees a group's values as matrices: those of the result's shape as [places, columns], those that broadcast along columns
/// as [columns], so that a tile may reach over the ends of image rows.
/// </summary>
internal static class FlattenedView
{
    public static Func<Value, long[]> Of(Value result) => value =>
    {
        long columns = result.Shape[^1].Value;
        long count = value.Shape.ElementCount;
        return value.Shape.Rank > 0 && value.Shape[^1].Value != count ? [count / value.Shape[^1].Value, value.Shape[^1].Value]
            : count == columns && result.Shape.ElementCount != columns ? [count]
            : value.Shape.Rank < 2 ? [count] : [1, count];
    };

    /// <summary>Whether all that the part after the anchor reads can be seen so.</summary>
    public static bool Fits(Group group, IReadOnlySet<Value> materialized)
    {
        var anchor = group.Anchor!.Output;
        bool Check(Value value)
        {
            if (value == anchor)
                return true;
            bool leaf = value != group.Result && (value.Constant is not null || materialized.Contains(value));
            bool shaped = value.Shape == group.Result.Shape || value.Shape.ElementCount == 1
                || (value.Shape.Rank > 0 && value.Shape[^1] == group.Result.Shape[^1] && value.Shape.ElementCount == value.Shape[^1].Value);
            return shaped && (leaf || (value.Op is Graphs.Ops.ElementwiseOp && value.Node.Inputs.All(Check)));
        }
        return Check(group.Result);
    }
}
