using Lathe.Formats.TFLite.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>Branches, loops, calls and variables.</summary>
internal static class ControlFlow
{
    /// <summary>Loops are unrolled so many times at most.</summary>
    private const int MaxSteps = 4096;

    /// <summary>
    /// With a condition that is known only one branch is read. Else both are computed and the condition chooses, which needs results of the
    /// same types.
    /// </summary>
    public static IReadOnlyList<Slot?> If(NodeContext node)
    {
        var arguments = Arguments(node, 1);
        var (then, otherwise) = (node.Options.Int(0), node.Options.Int(1));
        if (node.TryConstant(0) is { } known)
            return Bound(node.Importer.Call(known.Count == 1 && known.GetInt64(0) != 0 ? then : otherwise, node.Scope, arguments));
        var condition = node.Reshaped(node.In(0), []);
        var before = new Dictionary<string, Value>(node.Importer.Variables);
        var a = node.Importer.Call(then, node.Scope, arguments);
        var b = node.Importer.Call(otherwise, node.Scope, arguments);
        if (before.Count != node.Importer.Variables.Count || before.Any(v => node.Importer.Variables[v.Key] != v.Value))
            throw node.Unsupported("a branch that only a run chooses assigns a variable");
        if (a.Length != b.Length)
            node.Fail($"its branches give {a.Length} and {b.Length} results");
        for (int i = 0; i < a.Length; i++)
            if (a[i].Type != b[i].Type)
                throw node.Unsupported($"its condition is known only in a run and its branches give {a[i].Type} and {b[i].Type}");
        return Bound([.. a.Zip(b, (x, y) => x == y ? x : node.Add(new Where(), condition, x, y))]);
    }

    /// <summary>A loop whose number of rounds follows from constants is written out.</summary>
    public static IReadOnlyList<Slot?> While(NodeContext node)
    {
        var state = Arguments(node, 0);
        for (int step = 0; ; step++)
        {
            var condition = node.Importer.Call(node.Options.Int(0), node.Scope, state);
            if (condition.Length != 1)
                node.Fail($"its condition gives {condition.Length} results");
            var known = node.Importer.PureFolder.TryFold(condition[0]) ?? throw node.Unsupported("the number of its rounds depends on data that only a run gives");
            if (known.Count != 1 || known.GetInt64(0) == 0)
                return state;
            if (step == MaxSteps)
                throw node.Unsupported($"it takes more than {MaxSteps} rounds");
            state = Bound([.. node.Importer.Call(node.Options.Int(1), node.Scope, state).Select(v => Folded(node, v))]);
        }
    }

    public static IReadOnlyList<Slot?> Call(NodeContext node) => Bound(node.Importer.Call(node.Options.Int(0), node.Scope, Arguments(node, 0)));

    /// <summary>A graph that sets the model's variables up.</summary>
    public static IReadOnlyList<Slot?> CallOnce(NodeContext node)
    {
        node.Importer.Call(node.Options.Int(0), node.Scope, []);
        return [];
    }

    public static IReadOnlyList<Slot?> VarHandle(NodeContext node) => [new Slot.Variable($"{node.Options.Text(0)}/{node.Options.Text(1)}")];

    public static Value ReadVariable(NodeContext node) => node.Importer.Variables.TryGetValue(node.Variable(0), out var value)
        ? value
        : throw node.Unsupported("it reads a variable that nothing has assigned");

    public static IReadOnlyList<Slot?> AssignVariable(NodeContext node)
    {
        node.Importer.Variables[node.Variable(0)] = node.In(1);
        return [];
    }

    private static List<Slot> Arguments(NodeContext node, int first) =>
        [.. Enumerable.Range(first, Math.Max(0, node.InputCount - first)).Select(i => node.Scope.Find(node.Operator.Inputs[i]) is Slot.Variable v ? v : (Slot)new Slot.Bound(node.In(i)))];

    private static List<Slot> Bound(IEnumerable<Value> values) => [.. values.Select(v => new Slot.Bound(v))];

    /// <summary>Counters become constants at once, so that they do not grow into chains.</summary>
    private static Value Folded(NodeContext node, Value value) =>
        value.Constant is null && value.Shape.IsKnown && value.Shape.ElementCount <= 64 && node.Importer.PureFolder.TryFold(value) is { } known ? node.Builder.Constant(known) : value;
}
