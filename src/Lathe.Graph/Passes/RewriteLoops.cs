using Lathe.Graphs.Ops;

namespace Lathe.Graphs.Passes;

/// <summary>Runs passes over the graphs that loops repeat. No two loops share a graph afterwards.</summary>
/// <param name="passes">Asked for only where there is a loop, so that they may hold this pass again, for loops in loops.</param>
public sealed class RewriteLoops(Func<IReadOnlyList<Pass>> passes) : Pass
{
    public override Graph Run(Graph graph)
    {
        if (!graph.Nodes.Any(n => n.Op is While))
            return graph;
        var all = passes();
        Graph Rewritten(Graph body) => all.Aggregate(Copy(body, loop => loop), (g, pass) => pass.Run(g));
        return Copy(graph, loop => new While(Rewritten(loop.Condition), Rewritten(loop.Body)));
    }

    private static Graph Copy(Graph graph, Func<While, While> rewrite)
    {
        var builder = new GraphBuilder();
        var map = new Dictionary<Value, Value>();
        foreach (var node in graph.Nodes)
        {
            builder.Origin = node.Name;
            var copy = builder.AddNode(node.Op is While loop ? rewrite(loop) : node.Op, [.. node.Inputs.Select(i => map[i])]);
            foreach (var (from, to) in node.Outputs.Zip(copy.Outputs))
                map[from] = to;
        }
        return new Graph(graph.Name, graph.Inputs.Select(i => map[i]), graph.Outputs.Select(o => o with { Value = map[o.Value] }));
    }
}
