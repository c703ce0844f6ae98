using Lathe.Formats.Importing;
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
    public static IReadOnlyList<Slot?> If(NodeContext node)
    {
        var then = node.Attributes.Graph("then_branch") ?? throw new ModelException("LATHE3109", "its then_branch is missing");
        var otherwise = node.Attributes.Graph("else_branch") ?? throw new ModelException("LATHE3109", "its else_branch is missing");
        if (then.Output.Count != otherwise.Output.Count)
            node.Fail($"its branches give {then.Output.Count} and {otherwise.Output.Count} results");
        GraphProto Chosen(Tensor condition) => condition.Count == 1 && condition.GetInt64(0) != 0 ? then : otherwise;
        if (node.TryConstant(0) is { } known)
            return node.Subgraph(Chosen(known));
        var condition = Movement.Reshaped(node, node.In(0), []);
        var first = Attempt.Of(node.Importer, () => node.Importer.Guards.Under(condition, () => node.Subgraph(then)));
        var second = Attempt.Of(node.Importer, () => node.Importer.Guards.Under(node.Add(new Not(), condition), () => node.Subgraph(otherwise)));
        if (first.Result is { } a && second.Result is { } b && a.Zip(b).All(p => Suit(p.First, p.Second)))
            return [.. a.Zip(b, (x, y) => Selected(node, condition, x, y))];
        if (node.TryKnown(0) is { } given)
            return node.Subgraph(Chosen(given));
        if (first.Result is null && second.Result is null)
            return node.Subgraph(then);
        string problem = first.Result is not { } one ? $"its then_branch cannot be computed ({first.Problem})"
            : second.Result is not { } other ? $"its else_branch cannot be computed ({second.Problem})"
            : $"its branches give {string.Join(", ", one.Select(Describe))} and {string.Join(", ", other.Select(Describe))}";
        throw node.Unsupported($"its condition is known only in a run, and {problem}; give the inputs that decide it (--input-values)");
    }

    private static bool Suit(Slot a, Slot b) => (a, b) switch
    {
        (Slot.Bound { Value: var x }, Slot.Bound { Value: var y }) => x.Type == y.Type,
        (Slot.Sequence { Elements: var x }, Slot.Sequence { Elements: var y }) => x.Select(e => e.Type).SequenceEqual(y.Select(e => e.Type)),
        _ => false,
    };

    private static Slot Selected(NodeContext node, Value condition, Slot yes, Slot no)
    {
        Value Where(Value x, Value y) => x == y ? x : node.Add(new Where(), condition, x, y);
        return (yes, no) switch
        {
            (Slot.Bound { Value: var x }, Slot.Bound { Value: var y }) => new Slot.Bound(Where(x, y)),
            (Slot.Sequence x, Slot.Sequence y) => x with { Elements = [.. x.Elements.Zip(y.Elements, Where)] },
            _ => throw new InternalException("LATHE3123", "branches that do not suit each other were joined"),
        };
    }

    private static string Describe(Slot slot) => slot is Slot.Bound bound ? bound.Value.Type.ToString() : slot is Slot.Sequence sequence ? $"a sequence of {sequence.Elements.Length}" : "nothing";
}
