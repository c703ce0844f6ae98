using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Compilation.Scheduling;

/// <summary>Names of groups for profiles: the model's nodes that a kernel computes, and their ops.</summary>
internal static class Labels
{
    public static string Of(Group group, IReadOnlySet<Value> materialized)
    {
        var nodes = new List<Node>();
        Collect(group.Result, group.Result, materialized, nodes);
        var main = group.Anchor ?? group.Result.Node;
        string ops = string.Join("+", nodes.Select(n => n.Op.Name));
        return $"{main.Name} ({ops})";
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
