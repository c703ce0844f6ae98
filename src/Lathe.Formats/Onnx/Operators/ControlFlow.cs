using Lathe.Formats.Onnx.Importing;
using Lathe.Formats.Onnx.Protobuf;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>Branches.</summary>
internal static class ControlFlow
{
    /// <summary>
    /// With a condition that is known only one branch is read. Else both are computed and the condition chooses, which needs
    /// results of the same types; nothing that a branch computes has effects. Where they do not suit each other, or one does not suit the inputs' shapes, the
    /// values that inputs are known to have decide.
    /// </summary>
    public static IReadOnlyList<Value?> If(NodeContext node)
    {
        var then = node.Attributes.Graph("then_branch") ?? throw new ModelException("LATHE3109", "its then_branch is missing");
        var otherwise = node.Attributes.Graph("else_branch") ?? throw new ModelException("LATHE3109", "its else_branch is missing");
        if (then.Output.Count != otherwise.Output.Count)
            node.Fail($"its branches give {then.Output.Count} and {otherwise.Output.Count} results");
        GraphProto Chosen(Tensor condition) => condition.Count == 1 && condition.GetInt64(0) != 0 ? then : otherwise;
        if (node.TryConstant(0) is { } known)
            return node.Subgraph(Chosen(known));
        var condition = Movement.Reshaped(node, node.In(0), []);
        var (first, second) = (node.TrySubgraph(then), node.TrySubgraph(otherwise));
        if (first.Outputs is { } a && second.Outputs is { } b && a.Zip(b).All(p => p.First.Type == p.Second.Type))
            return [.. a.Zip(b, (x, y) => x == y ? x : node.Add(new Where(), condition, x, y))];
        if (node.TryKnown(0) is { } given)
            return node.Subgraph(Chosen(given));
        if (first.Outputs is null && second.Outputs is null)
            return node.Subgraph(then);
        string problem = first.Outputs is not { } one ? $"its then_branch cannot be computed ({first.Problem})"
            : second.Outputs is not { } other ? $"its else_branch cannot be computed ({second.Problem})"
            : $"its branches give {string.Join(", ", one.Select(v => v.Type))} and {string.Join(", ", other.Select(v => v.Type))}";
        throw node.Unsupported($"its condition is known only in a run, and {problem}; give the inputs that decide it (--input-values)");
    }
}
