using Lathe.Graphs;

namespace Lathe.Compilation.Scheduling;

/// <summary>Names of groups for profiles: the model's nodes that a kernel computes, and their ops.</summary>
internal static class Labels
{
    public static string Of(Group group, IReadOnlySet<Value> materialized)
    {
        var main = group.Anchor ?? group.Result.Node;
        string ops = string.Join("+", GroupNodes.Of(group, materialized).Select(n => n.Op.Name));
        return $"{main.Name} ({ops})";
    }
}
