using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.Importing;

/// <summary>Makes a loop of values that are computed in a round.</summary>
internal static class LoopGraphs
{
    /// <summary>
    /// What is carried after the last round. Whatever else condition and next values are made of stays the same in all rounds, and is computed before the first.
    /// </summary>
    /// <param name="first">What is carried into the first round.</param>
    /// <param name="places">Inputs that stand for what a round begins with; of the same types.</param>
    /// <param name="condition">One bool, looked at before each round.</param>
    /// <param name="next">What the next round begins with; of the same types.</param>
    public static IReadOnlyList<Value> While(GraphBuilder b, IReadOnlyList<Value> first, IReadOnlyList<Value> places, Value condition, IReadOnlyList<Value> next)
    {
        Value[] captured = [.. Captured([condition, .. next], [.. places])];
        Value[] inputs = [.. places, .. captured];
        var loop = new While(Copy("condition", inputs, [condition]), Copy("body", inputs, next));
        return b.AddNode(loop, [.. first, .. captured]).Outputs;
    }

    /// <summary>The values at the border of what changes from round to round that are known only in a run. What is made of constants is none of them.</summary>
    private static IEnumerable<Value> Captured(IReadOnlyList<Value> results, HashSet<Value> places)
    {
        var changes = new HashSet<Node>();
        var runs = new HashSet<Node>();
        var border = new List<Value>();
        foreach (var node in Graph.TopologicalOrder(results))
        {
            if (node.Op is Input || node.Inputs.Any(i => runs.Contains(i.Node)))
                runs.Add(node);
            if (node.Outputs.Any(places.Contains) || node.Inputs.Any(i => changes.Contains(i.Node)))
            {
                changes.Add(node);
                border.AddRange(node.Inputs);
            }
        }
        return border.Concat(results).Where(v => runs.Contains(v.Node) && !changes.Contains(v.Node)).Distinct();
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
