using Lathe.Graphs.Ops;

namespace Lathe.Graphs.Cost;

/// <summary>All dialects.</summary>
public static class FlopDialects
{
    public static IReadOnlyList<IFlopDialect> All { get; } =
        [new LatheFlops(), new TfFlops(), new TfLiteFlops(), new ThopMacs(), new ThopLegacyMacs(), new FvcoreFlops()];

    /// <summary>The dialect of a name, or null.</summary>
    public static IFlopDialect? Find(string name) => All.FirstOrDefault(d => d.Name == name);

    /// <summary>The count of a whole graph: what is computed in each run, with one round of each loop.</summary>
    public static long Total(this IFlopDialect dialect, Graph graph)
    {
        var running = ModelCost.RunNodes(graph);
        return graph.Nodes.Where(running.Contains).Sum(n => dialect.CountOf(n) ?? 0);
    }

    /// <summary>The count of a node; of a loop, that of one round.</summary>
    public static long? CountOf(this IFlopDialect dialect, Node node) =>
        node.Op is While loop ? dialect.Total(loop.Condition) + dialect.Total(loop.Body) : dialect.Count(node);
}
