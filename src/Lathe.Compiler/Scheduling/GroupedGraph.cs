using Lathe.Graphs;

namespace Lathe.Compilation.Scheduling;

/// <summary>A graph cut into groups, a kernel each, and the generators that can make them.</summary>
/// <param name="Groups">In an order in which they can run.</param>
/// <param name="Materialized">All values that have memory.</param>
internal sealed record GroupedGraph(IReadOnlyList<Group> Groups, IReadOnlySet<Value> Materialized, Generators Generators)
{
    public static GroupedGraph Of(Graph graph, MachineFacts machine, bool exactConvolutions)
    {
        var (groups, materialized) = GroupFormation.Of(graph, machine.L2Bytes / 4);
        return new(Attentions.Join(graph, Bands.Join(graph, groups, machine), materialized, machine), materialized, new Generators(machine, materialized, exactConvolutions));
    }
}
