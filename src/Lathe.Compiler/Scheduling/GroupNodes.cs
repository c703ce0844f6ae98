using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Compilation.Scheduling;

/// <summary>The nodes that a group's kernel computes.</summary>
internal static class GroupNodes
{
    /// <summary>In the order in which they depend on one another; the result's node is the last.</summary>
    public static IReadOnlyList<Node> Of(Group group, IReadOnlySet<Value> materialized)
    {
        var nodes = new List<Node>(group.Producer is { } producer ? Of(producer, materialized) : []);
        Collect(group.Result, group.Result, materialized, nodes);
        return nodes;
    }

    private static void Collect(Value value, Value result, IReadOnlySet<Value> materialized, List<Node> nodes)
    {
        if (value.Op is Input or Constant || (value != result && materialized.Contains(value)) || nodes.Contains(value.Node))
            return;
        foreach (var input in value.Node.Inputs)
            Collect(input, result, materialized, nodes);
        nodes.Add(value.Node);
    }
}
