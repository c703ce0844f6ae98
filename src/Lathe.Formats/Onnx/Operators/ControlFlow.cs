using Lathe.Formats.Onnx.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>Branches.</summary>
internal static class ControlFlow
{
    /// <summary>
    /// With a condition that is known only one branch is read. Else both are computed and the condition chooses, which needs
    /// results of the same types; nothing that a branch computes has effects.
    /// </summary>
    public static IReadOnlyList<Value?> If(NodeContext node)
    {
        var then = node.Attributes.Graph("then_branch") ?? throw new ModelException("LATHE3109", "its then_branch is missing");
        var otherwise = node.Attributes.Graph("else_branch") ?? throw new ModelException("LATHE3109", "its else_branch is missing");
        if (node.TryConstant(0) is { } known)
            return node.Subgraph(known.Count == 1 && known.GetInt64(0) != 0 ? then : otherwise);
        var condition = Movement.Reshaped(node, node.In(0), []);
        var (a, b) = (node.Subgraph(then), node.Subgraph(otherwise));
        if (a.Length != b.Length)
            node.Fail($"its branches give {a.Length} and {b.Length} results");
        for (int i = 0; i < a.Length; i++)
            if (a[i].Type != b[i].Type)
                throw node.Unsupported($"its condition is known only in a run and its branches give {a[i].Type} and {b[i].Type}");
        return [.. a.Zip(b, (x, y) => x == y ? x : node.Add(new Where(), condition, x, y))];
    }
}
