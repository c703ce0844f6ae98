using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Compilation.Scheduling;

/// <summary>
/// Lets groups store their results where a concatenation wants them, if it alone reads them. What is left of the concatenation copies its other inputs,
/// and writes the padding around it; where nothing is left, it is no kernel.
/// </summary>
internal static class Placements
{
    /// <summary>The groups in the order given, without those of which nothing is left.</summary>
    public static IEnumerable<Group> Of(Graph graph, IReadOnlyList<Group> groups)
    {
        var byResult = groups.ToDictionary(g => g.Result);
        var placed = new Dictionary<Value, Placement>();
        foreach (var group in groups)
            if (ConcatOf(group, byResult) is { } node)
                foreach (var (input, start) in Parts(node, group))
                    if (byResult.TryGetValue(input, out var part) && CanBePlaced(part) && Reads.OnlyReader(graph, input) == node)
                        placed.Add(input, new(group.Result, start));

        foreach (var group in groups)
        {
            if (placed.TryGetValue(group.Result, out var place))
                yield return group with { Place = place };
            else if (ConcatOf(group, byResult) is { } node && node.Inputs.Where(placed.ContainsKey).ToList() is { Count: > 0 } inPlace)
            {
                if (inPlace.Count < node.Inputs.Length || group.Halo is not null)
                    yield return group with { Placed = [.. inPlace] };
            }
            else
                yield return group;
        }
    }

    /// <summary>The concatenation that a group is, with padding around it or none; null where it has memory of its own beside the padded.</summary>
    private static Node? ConcatOf(Group group, Dictionary<Value, Group> byResult) =>
        group is { Anchor: null, Rows: null, Inner: { Op: Concat } whole } && (group.Halo is null || !byResult.ContainsKey(whole)) ? whole.Node : null;

    /// <summary>The inputs, each with its place in the group's result.</summary>
    private static IEnumerable<(Value Input, long[] Start)> Parts(Node concat, Group group)
    {
        int axis = ((Concat)concat.Op).Axis;
        long at = 0;
        foreach (var input in concat.Inputs)
        {
            long[] start = group.Halo is { } halo ? [.. halo.Before] : new long[input.Shape.Rank];
            start[axis] += at;
            at += input.Shape[axis].Value;
            yield return (input, start);
        }
    }

    /// <summary>Kernels of rows and of transposes, and loops, store in memory of their own only.</summary>
    private static bool CanBePlaced(Group part) =>
        part is { Halo: null, Rows: null, Result.Op: PrimitiveOp }
        && (part.Anchor is not null || part.Result.Op is not (Transpose or Concat));
}
