using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Importing;

/// <summary>Loops whose rounds only a run counts.</summary>
internal static class Repetition
{
    /// <summary>
    /// What is carried after the last round. What a round leaves as it was is found by trying: <paramref name="body"/> is called with the values
    /// that the loop begins with, then with places of unknown contents for those that it changed, until no more change. So both functions see what
    /// stays the same as it is outside, constants among them; what else their results are made of is computed once, before the first round.
    /// </summary>
    /// <param name="condition">One bool, looked at before each round.</param>
    /// <param name="body">What the next round begins with, of the same types. It may be called several times.</param>
    public static IReadOnlyList<Value> While(
        GraphBuilder b, IReadOnlyList<Value> initial, Func<IReadOnlyList<Value>, Value> condition, Func<IReadOnlyList<Value>, IReadOnlyList<Value>> body)
    {
        // Of a builder of its own, so that no other loop has the same places.
        var places = new GraphBuilder();
        var carried = initial.ToArray();
        Value[] next;
        while (true)
        {
            next = [.. body(carried)];
            if (next.Length != carried.Length)
                throw new ModelException("LATHE3061", $"a round begins with {carried.Length} values and gives {next.Length}");
            int[] changed = [.. Enumerable.Range(0, next.Length).Where(i => carried[i] == initial[i] && next[i] != initial[i])];
            if (changed.Length == 0)
                break;
            foreach (int i in changed)
                carried[i] = places.Input($"carried{i}", initial[i].Type);
        }
        int[] kept = [.. Enumerable.Range(0, next.Length).Where(i => carried[i] != initial[i])];
        foreach (int i in kept)
            if (next[i].Type != initial[i].Type)
                throw new UnsupportedException("LATHE3062", $"the number of its rounds depends on data that only a run gives, and value {i} that it carries is {initial[i].Type} before a round and {next[i].Type} after it");
        if (kept.Length == 0)
            throw new ModelException("LATHE3063", "it is a loop that changes nothing, so that it never ends once it begins");

        var goesOn = condition(carried);
        Value[] inside = [.. kept.Select(i => carried[i])], results = [.. kept.Select(i => next[i])];
        Value[] captured = [.. Captured([goesOn, .. results], [.. inside])];
        Value[] inputs = [.. inside, .. captured];
        var loop = new While(Copy("condition", inputs, [goesOn]), Copy("body", inputs, results));
        var outputs = b.AddNode(loop, [.. kept.Select(i => initial[i]), .. captured]).Outputs;
        Value[] final = [.. initial];
        foreach (var (i, output) in kept.Zip(outputs))
            final[i] = output;
        return final;
    }

    /// <summary>The values at the border of what changes from round to round that are known only in a run. What is made of constants is none of them.</summary>
    private static List<Value> Captured(IReadOnlyList<Value> results, HashSet<Value> inside)
    {
        var changes = new HashSet<Node>();
        var runs = new HashSet<Node>();
        var border = new List<Value>();
        foreach (var node in Graph.TopologicalOrder(results))
        {
            if (node.Op is Input || node.Inputs.Any(i => runs.Contains(i.Node)))
                runs.Add(node);
            if (node.Outputs.Any(inside.Contains) || node.Inputs.Any(i => changes.Contains(i.Node)))
            {
                changes.Add(node);
                border.AddRange(node.Inputs);
            }
        }
        return [.. border.Concat(results).Where(v => runs.Contains(v.Node) && !changes.Contains(v.Node)).Distinct()];
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
            foreach (var (from, to) in node.Outputs.Zip(b.AddNode(node.Op, [.. node.Inputs.Select(i => map[i])]).Outputs))
                map.TryAdd(from, to);
        }
        return new Graph(name, copies, outputs.Select((v, i) => new GraphOutput($"next{i}", map[v])));
    }
}
