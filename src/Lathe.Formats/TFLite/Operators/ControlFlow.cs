using Lathe.Formats.Importing;
using Lathe.Formats.TFLite.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>Branches, loops, calls and variables.</summary>
internal static class ControlFlow
{
    /// <summary>
    /// With a condition that is known only one branch is read. Else both are computed and the condition chooses, which needs results of the
    /// same types.
    /// </summary>
    public static IReadOnlyList<Slot?> If(NodeContext node)
    {
        var arguments = Arguments(node, 1);
        var (then, otherwise) = (node.Options.Int(0), node.Options.Int(1));
        if (node.TryConstant(0) is { } known)
            return node.Importer.Call(known.Count == 1 && known.GetInt64(0) != 0 ? then : otherwise, node.Scope, arguments);
        var condition = node.Reshaped(node.In(0), []);
        var before = new Dictionary<string, Slot>(node.Importer.Variables);
        var a = node.Importer.Guards.Under(condition, () => node.Importer.Call(then, node.Scope, arguments));
        var b = node.Importer.Guards.Under(node.Add(new Not(), condition), () => node.Importer.Call(otherwise, node.Scope, arguments));
        if (before.Count != node.Importer.Variables.Count || before.Any(v => node.Importer.Variables[v.Key] != v.Value))
            throw node.Unsupported("a branch that only a run chooses assigns a variable");
        if (a.Length != b.Length)
            node.Fail($"its branches give {a.Length} and {b.Length} results");
        return [.. a.Zip(b, (x, y) => x == y ? x : Chosen(node, condition, Tensor(x, y), Tensor(y, x)))];
    }

    /// <summary>Rounds whose number follows from constants are written out, others are a loop.</summary>
    public static IReadOnlyList<Slot?> While(NodeContext node)
    {
        IReadOnlyList<Slot> Call(int graph, IReadOnlyList<Slot> state) => node.Importer.Call(node.Options.Int(graph), node.Scope, state);
        return Repetition.Run(node.Importer, Arguments(node, 0), new LoopParts<Slot>(
            state => Call(0, state) is [Slot.Bound only] ? only.Value : throw Misfit.Of("its condition gives more than one bool"),
            state => [.. Call(1, state).Select(s => Folded(node, s))],
            Tensor,
            (_, value) => new Slot.Bound(value)));
    }

    public static IReadOnlyList<Slot?> Call(NodeContext node) => node.Importer.Call(node.Options.Int(0), node.Scope, Arguments(node, 0));

    /// <summary>A graph that sets the model's variables up.</summary>
    public static IReadOnlyList<Slot?> CallOnce(NodeContext node)
    {
        node.Importer.Call(node.Options.Int(0), node.Scope, []);
        return [];
    }

    public static IReadOnlyList<Slot?> VarHandle(NodeContext node) => [new Slot.Variable($"{node.Options.Text(0)}/{node.Options.Text(1)}")];

    public static IReadOnlyList<Slot?> ReadVariable(NodeContext node) => node.Importer.Variables.TryGetValue(node.Variable(0), out var held)
        ? [held]
        : throw node.Unsupported("it reads a variable that nothing has assigned");

    public static IReadOnlyList<Slot?> AssignVariable(NodeContext node)
    {
        node.Importer.Variables[node.Variable(0)] = new Slot.Bound(node.In(1));
        return [];
    }

    private static List<Slot> Arguments(NodeContext node, int first) =>
        [.. Enumerable.Range(first, Math.Max(0, node.InputCount - first)).Select(i => node.Scope.Find(node.Operator.Inputs[i]) is Slot.Variable v ? v : (Slot)new Slot.Bound(node.In(i)))];

    private static Slot Chosen(NodeContext node, Value condition, Value yes, Value no) => yes.Type == no.Type
        ? new Slot.Bound(node.Add(new Where(), condition, yes, no))
        : throw node.Unsupported($"its condition is known only in a run and its branches give {yes.Type} and {no.Type}");

    private static Value Tensor(Slot slot, Slot other) => slot is Slot.Bound bound
        ? bound.Value
        : throw new UnsupportedException("LATHE3215", "which resource it gives depends on data that only a run gives");

    /// <summary>Counters become constants at once, so that they do not grow into chains.</summary>
    private static Slot Folded(NodeContext node, Slot slot) =>
        slot is Slot.Bound { Value: var value } && node.Importer.PureFolder.TryFoldSmall(value) is { } known ? new Slot.Bound(node.Builder.Constant(known)) : slot;
}
