using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Importing;

/// <summary>Loops whose rounds only a run counts.</summary>
internal static class Repetition
{
    /// <summary>
    /// What is carried after the last round. Both functions are called once, with values that stand for what a round begins with; whatever else
    /// their results are made of stays the same in all rounds, and is computed before the first.
    /// </summary>
    /// <param name="condition">One bool, looked at before each round.</param>
    /// <param name="body">What the next round begins with, of the same types.</param>
    public static IReadOnlyList<Value> While(
        GraphBuilder b, IReadOnlyList<Value> initial, Func<IReadOnlyList<Value>, Value> condition, Func<IReadOnlyList<Value>, IReadOnlyList<Value>> body)
    {
        // Of a builder of its own, so that no other loop has the same.
        var places = new GraphBuilder();
        Value[] carried = [.. initial.Select((v, i) => places.Input($"carried{i}", v.Type))];
        var goesOn = condition(carried);
        Value[] next = [.. body(carried)];
        if (next.Length != initial.Count)
            throw new ModelException("LATHE3061", $"a round begins with {initial.Count} values and gives {next.Length}");
        for (int i = 0; i < next.Length; i++)
            if (next[i].Type != initial[i].Type)
                throw new UnsupportedException("LATHE3062", $"the number of its rounds depends on data that only a run gives, and value {i} that it carries is {initial[i].Type} before a round and {next[i].Type} after it");
        int[] changed = [.. Enumerable.Range(0, next.Length).Where(i => next[i] != carried[i])];
        if (changed.Length == 0)
            throw new ModelException("LATHE3063", "it is a loop that changes nothing, so that it never ends once it begins");

        Value[] inside = [.. changed.Select(i => carried[i])];
        var fixedValues = Enumerable.Range(0, next.Length).Except(changed).ToDictionary(i => carried[i], i => initial[i]);
        var captured = Captured([goesOn, .. changed.Select(i => next[i])], [.. inside], fixedValues);
        Value[] inputs = [.. inside, .. captured];
        var loop = new While(
            Copy("condition", inputs, [goesOn]),
            Copy("body", inputs, [.. changed.Select(i => next[i])]));
        var outputs = b.AddNode(loop, [.. changed.Select(i => initial[i]), .. captured.Select(v => fixedValues.GetValueOrDefault(v, v))]).Outputs;
        Value[] results = [.. initial];
        foreach (var (place, output) in changed.Zip(outputs))
            results[place] = output;
        return results;
    }

    /// <summary>The values at the border of what changes from round to round that are known only in a run, and those carried ones that stay as they are.</summary>
    private static List<Value> Captured(IReadOnlyList<Value> results, HashSet<Value> inside, IReadOnlyDictionary<Value, Value> fixedValues)
    {
        var changes = new HashSet<Node>();
        var runs = new HashSet<Node>();
        var captured = new List<Value>();
        var seen = new HashSet<Value>();
        foreach (var node in Graph.TopologicalOrder(results))
        {
            if (node.Op is Input || node.Inputs.Any(i => runs.Contains(i.Node)))
                runs.Add(node);
            if (inside.Contains(node.Outputs[0]) || node.Inputs.Any(i => changes.Contains(i.Node)))
            {
                changes.Add(node);
                foreach (var input in node.Inputs)
                    Take(input);
            }
        }
        foreach (var result in results)
            Take(result);
        return captured;

        void Take(Value value)
        {
            if (runs.Contains(value.Node) && !changes.Contains(value.Node) && seen.Add(value))
                captured.Add(value);
        }
    }

    /// <summary>Values as the outputs of a graph of its own.</summary>
    private static Graph Copy(string name, IReadOnlyList<Value> inputs, IReadOnlyList<Value> outputs)
    {
        var b = new GraphBuilder();
        var map = inputs.Select((v, i) => (v, b.Input($"value{i}", v.Type))).ToDictionary();
        Value[] copies = [.. inputs.Select(v => map[v])];
        foreach (var node in Graph.TopologicalOrder(outputs))
        {
            if (node.Op is Input || node.Outputs.All(map.ContainsKey) || node.Inputs.Any(i => !map.ContainsKey(i)))
                continue;
            b.Origin = node.Name;
            var copy = b.AddNode(node.Op, [.. node.Inputs.Select(i => map[i])]);
            foreach (var (from, to) in node.Outputs.Zip(copy.Outputs))
                map.TryAdd(from, to);
        }
        return new Graph(name, copies, outputs.Select((v, i) => new GraphOutput($"next{i}", map[v])));
    }
}
