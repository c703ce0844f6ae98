using Lathe.Formats.Importing;
using Lathe.Formats.TensorFlow.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Operators;

/// <summary>Branches, loops and calls. A branch that is known is the only one that is read; of others both are computed, and the condition chooses.</summary>
internal static class ControlFlow
{
    public static IReadOnlyList<Slot> Switch(NodeContext node)
    {
        var (data, condition) = (node.Slot(0), node.In(1));
        if (node.TryConstant(1) is { Count: 1 } known)
            return known.GetDouble(0) != 0 ? [new Slot.Dead(), data] : [data, new Slot.Dead()];
        var chooses = node.Reshaped(condition, []);
        var when = data.When.SetItems(node.Slot(1).When);
        return [data with { When = when.SetItem(chooses, false) }, data with { When = when.SetItem(chooses, true) }];
    }

    /// <summary>The value of the branch that is taken, and its number.</summary>
    public static IReadOnlyList<Slot> Merge(NodeContext node)
    {
        (Slot Value, Slot Number)[] alive = [.. Enumerable.Range(0, node.InputCount).Select(i => (node.Slot(i), (Slot)new Slot.Bound(node.Builder.Scalar(i, DType.Int32))))];
        foreach (var lacking in alive.Where(a => a.Value is Slot.Lacking))
            return [lacking.Value, lacking.Value];
        alive = [.. alive.Where(a => a.Value is not Slot.Dead)];
        if (alive.Length == 0)
            return [new Slot.Dead()];
        while (alive.Length > 1)
        {
            var (a, b, condition) = Pair(node, [.. alive.Select(s => s.Value)]);
            bool first = alive[a].Value.When[condition];
            var common = Conditions.Common(alive[a].Value, alive[b].Value);
            var value = Chosen(node, condition, alive[first ? a : b].Value, alive[first ? b : a].Value) with { When = common };
            var number = Chosen(node, condition, alive[first ? a : b].Number, alive[first ? b : a].Number) with { When = common };
            alive = [(value, number), .. alive.Where((_, i) => i != a && i != b)];
        }
        return [alive[0].Value, alive[0].Number];
    }

    /// <summary>Out of a loop of TensorFlow 1, which runs now.</summary>
    public static IReadOnlyList<Slot> Exit(NodeContext node)
    {
        node.Importer.Run(node.Scope.Body.LoopOf(node.Node), node.Scope);
        return node.Scope.Find(node.Name) ?? throw node.Unsupported("it leaves no loop");
    }

    public static IReadOnlyList<Slot> Enter(NodeContext node) => throw node.Unsupported("it enters a loop that is not read as one");

    public static IReadOnlyList<Slot> If(NodeContext node)
    {
        var arguments = Arguments(node, 1);
        string then = node.Attributes.Function("then_branch"), otherwise = node.Attributes.Function("else_branch");
        if (node.TryConstant(0) is { } known)
            return node.Importer.Call(IsTrue(known) ? then : otherwise, node.Scope, arguments);
        var condition = node.In(0);
        if (condition.Element != DType.Bool)
            condition = node.Add(new NotEqual(), condition, node.ScalarLike(0, condition));
        condition = node.Reshaped(condition, []);
        return Chosen(node, condition, Pure(node, condition, then, arguments), Pure(node, node.Add(new Not(), condition), otherwise, arguments));
    }

    /// <summary>Of several branches the one of a number; numbers that there are not choose the last.</summary>
    public static IReadOnlyList<Slot> Case(NodeContext node)
    {
        var arguments = Arguments(node, 1);
        var branches = node.Attributes.Functions("branches");
        if (branches.Count == 0)
            node.Fail("it has no branches");
        if (node.TryConstant(0) is { Count: 1 } known)
            return node.Importer.Call(branches[known.GetInt64(0) is var i && i >= 0 && i < branches.Count ? (int)i : branches.Count - 1], node.Scope, arguments);
        var number = node.Reshaped(node.In(0), []);
        Value[] chosen = [.. Enumerable.Range(0, branches.Count - 1).Select(branch => node.Add(new Equal(), number, node.ScalarLike(branch, number)))];
        var none = chosen.Select(c => node.Add(new Not(), c)).Aggregate(node.Builder.Scalar(1, DType.Bool), (a, b) => node.Add(new And(), a, b));
        var result = Pure(node, none, branches[^1], arguments);
        for (int branch = branches.Count - 2; branch >= 0; branch--)
            result = Chosen(node, chosen[branch], Pure(node, chosen[branch], branches[branch], arguments), result);
        return result;
    }

    public static IReadOnlyList<Slot> While(NodeContext node)
    {
        string condition = node.Attributes.Function("cond"), body = node.Attributes.Function("body");
        return Rounds(
            node.Importer,
            Arguments(node, 0),
            state => node.Importer.Call(condition, node.Scope, state) is [var only] ? node.Importer.ValueOf(only, new(node.Name, 0)) : throw Misfit.Of("its condition does not give one bool"),
            state => node.Importer.Call(body, node.Scope, state));
    }

    /// <summary>The state after the last round; dead where the loop is in a branch that is never taken.</summary>
    public static IReadOnlyList<Slot> Rounds(ModelImporter importer, IReadOnlyList<Slot> state, Func<IReadOnlyList<Slot>, Value> condition, Func<IReadOnlyList<Slot>, IReadOnlyList<Slot>> body)
    {
        if (state.Any(s => s is Slot.Dead))
            return [.. state.Select(_ => new Slot.Dead())];
        var loop = new LoopParts<Slot>(condition, before => [.. body(before).Select(importer.Folded)], (entry, other) => Lists.Tensor(importer, entry, other), Carried);
        var read = () => Repetition.Run(importer, state, loop);
        foreach (var (chooses, taken) in state.SelectMany(s => s.When).Distinct())
        {
            var inner = read;
            read = () => importer.Guards.Under(taken ? chooses : importer.Builder.Add(new Not(), chooses), inner);
        }
        return read();
    }

    private static Slot Carried(Slot before, Value value) => before is Slot.Tensors or Slot.Stacked ? new Slot.Stacked(value) { When = before.When } : new Slot.Bound(value) { When = before.When };

    public static IReadOnlyList<Slot> Call(NodeContext node) => node.Importer.Call(node.Attributes.Function("f"), node.Scope, Arguments(node, 0));

    /// <summary>A function whose name is the node's op.</summary>
    public static IReadOnlyList<Slot> CallByName(NodeContext node) => node.Importer.Call(node.Op, node.Scope, Arguments(node, 0));

    /// <summary>The results of a function that must not change variables, because only a run knows whether it is called.</summary>
    private static IReadOnlyList<Slot> Pure(NodeContext node, Value condition, string function, IReadOnlyList<Slot> arguments) => node.Importer.Functions.MayHaveEffects(function)
        ? throw node.Unsupported("a branch that only a run chooses assigns a variable")
        : node.Importer.Guards.Under(condition, () => node.Importer.Call(function, node.Scope, arguments));

    private static List<Slot> Chosen(NodeContext node, Value condition, IReadOnlyList<Slot> yes, IReadOnlyList<Slot> no)
    {
        if (yes.Count != no.Count)
            node.Fail($"its branches give {yes.Count} and {no.Count} results");
        return [.. yes.Zip(no, (a, b) => Chosen(node, condition, a, b))];
    }

    private static Slot Chosen(NodeContext node, Value condition, Slot yes, Slot no)
    {
        if (yes == no)
            return yes;
        if (yes is Slot.Lacking or Slot.Dead || no is Slot.Lacking or Slot.Dead)
            return yes is Slot.Lacking ? yes : no is Slot.Lacking ? no : new Slot.Lacking("a branch that only a run chooses gives no value");
        if (yes is Slot.Bound or Slot.Stored or Slot.Variable && no is Slot.Bound or Slot.Stored or Slot.Variable)
        {
            var (a, b) = (node.Importer.ValueOf(yes, new(node.Name, 0)), node.Importer.ValueOf(no, new(node.Name, 0)));
            if (a == b)
                return new Slot.Bound(a);
            return a.Type == b.Type
                ? new Slot.Bound(node.Add(new Where(), condition, a, b))
                : throw node.Unsupported($"its condition is known only in a run and its branches give {a.Type} and {b.Type}");
        }
        if (yes is Slot.Tensors { Elements: var left } first && no is Slot.Tensors { Elements: var right } && left.Length == right.Length && left.Zip(right).All(p => p.First is null == p.Second is null))
        {
            return first with
            {
                Elements = [.. left.Zip(right, (a, b) => a is null || b is null || a == b ? a : a.Type == b.Type ? node.Add(new Where(), condition, a, b) : throw node.Unsupported("its branches give lists of different tensors"))],
            };
        }
        if (yes is Slot.Tensors or Slot.Stacked && no is Slot.Tensors or Slot.Stacked)
        {
            var (a, b) = (Lists.Tensor(node.Importer, yes, no), Lists.Tensor(node.Importer, no, yes));
            return a.Type == b.Type ? new Slot.Stacked(node.Add(new Where(), condition, a, b)) : throw node.Unsupported("its branches give lists of different tensors");
        }
        throw node.Unsupported("its condition is known only in a run and its branches do not give tensors");
    }

    /// <summary>Two alternatives that exclude each other, and the condition that decides between them.</summary>
    private static (int A, int B, Value Condition) Pair(NodeContext node, Slot[] slots)
    {
        for (int a = slots.Length - 1; a > 0; a--)
            for (int b = a - 1; b >= 0; b--)
                if (Conditions.Between(slots[a], slots[b]) is { } condition)
                    return (a, b, condition);
        throw node.Unsupported("nothing decides which of its operands there is");
    }

    private static List<Slot> Arguments(NodeContext node, int first) => [.. Enumerable.Range(first, Math.Max(0, node.InputCount - first)).Select(node.Slot)];

    private static bool IsTrue(Tensor condition) => condition.Count == 1 ? condition.GetDouble(0) != 0 : condition.Count > 0;
}
