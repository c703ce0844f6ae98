using Lathe.Graphs;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Exporting;

/// <summary>
/// Shapes of operands that broadcast, with neighbouring axes joined where all operands have both in full or both not: TFLite's kernels broadcast along
/// four axes at most.
/// </summary>
internal static class Broadcasts
{
    public const int MaxRank = 4;

    /// <summary>Whether an elementwise node's operands can be written, joined or as they are.</summary>
    public static bool CanWrite(Node node) => node.Inputs.All(i => i.Shape.IsKnown) && (IsPlain(node) || Joined(node).Length <= MaxRank);

    /// <summary>Whether the operands can stay as they are: few axes, or nothing to broadcast.</summary>
    public static bool IsPlain(Node node) =>
        node.Output.Type.Rank <= MaxRank || node.Inputs.All(i => i.Shape == node.Output.Shape);

    /// <summary>The output's shape with axes joined.</summary>
    public static Shape JoinedOutput(Node node) => Shape.Of(Joined(node).Select(g => g.Aggregate(1L, (n, axis) => n * node.Output.Shape[axis].Value)));

    /// <summary>An operand's shape with axes joined.</summary>
    public static Shape JoinedInput(Node node, int input)
    {
        var x = node.Inputs[input];
        int missing = node.Output.Type.Rank - x.Type.Rank;
        return Shape.Of(Joined(node).Select(g => g.Aggregate(1L, (n, axis) => n * (axis < missing ? 1 : x.Shape[axis - missing].Value))));
    }

    /// <summary>The output's axes in groups that can be one axis.</summary>
    private static int[][] Joined(Node node)
    {
        var groups = new List<List<int>>();
        string? last = null;
        for (int axis = 0; axis < node.Output.Type.Rank; axis++)
        {
            if (node.Output.Shape[axis] == 1)
                continue;
            int at = axis;
            string pattern = string.Concat(node.Inputs.Select(i => i.Type.Rank - node.Output.Type.Rank + at is >= 0 and var own && i.Shape[own] != 1 ? '1' : '0'));
            if (pattern == last)
                groups[^1].Add(axis);
            else
                groups.Add([axis]);
            last = pattern;
        }
        return [.. groups.Select(g => g.ToArray())];
    }
}
