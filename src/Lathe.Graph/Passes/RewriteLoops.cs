using Lathe.Graphs.Ops;

namespace Lathe.Graphs.Passes;

/// <summary>Runs passes over the graphs that loops repeat.</summary>
/// <param name="passes">Asked for only where there is a loop, so that they may hold this pass again, for loops in loops.</param>
public sealed class RewriteLoops(Func<IReadOnlyList<Pass>> passes) : Pass
{
    public override Graph Run(Graph graph)
    {
        if (!graph.Nodes.Any(n => n.Op is While))
            return graph;
        var all = passes();
        Graph Rewritten(Graph body) => all.Aggregate(body, (g, pass) => pass.Run(g));
        var builder = new GraphBuilder();
        var map = new Dictionary<Value, Value>();
        foreach (var node in graph.Nodes)
        {
            builder.Origin = node.Name;
            var op = node.Op is While loop ? new While(Rewritten(loop.Condition), Rewritten(loop.Body)) : node.Op;
            var copy = builder.AddNode(op, [.. node.Inputs.Select(i => map[i])]);
            foreach (var (from, to) in node.Outputs.Zip(copy.Outputs))
                map[from] = to;
        }
        return new Graph(graph.Name, graph.Inputs.Select(i => map[i]), graph.Outputs.Select(o => o with { Value = map[o.Value] }));
    }
}
