using Lathe.Graphs;

namespace Lathe.Compilation.Scheduling;

/// <summary>A graph cut into groups, a kernel each, and the generators that can make them.</summary>
/// <param name="Groups">In an order in which they can run; those of loops' graphs are among them.</param>
/// <param name="Materialized">All values that have memory.</param>
internal sealed record GroupedGraph(IReadOnlyList<Group> Groups, IReadOnlySet<Value> Materialized, Generators Generators)
{
    /// <summary>The groups, with the copies that loops need between them.</summary>
    public required StepOrder Order { get; init; }

    public static GroupedGraph Of(Graph graph, MachineFacts machine, bool exact)
    {
        var order = new StepOrder(machine);
        order.Add(graph);
        var groups = order.Steps.OfType<GraphStep.Compute>().Select(s => s.Group).ToList();
        return new(groups, order.Materialized, new Generators(machine, order.Materialized, exact)) { Order = order };
    }
}
