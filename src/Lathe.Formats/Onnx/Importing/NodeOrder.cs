using Lathe.Formats.Onnx.Protobuf;

namespace Lathe.Formats.Onnx.Importing;

/// <summary>Which nodes of a body are needed for some of its values, each after those that it reads.</summary>
internal sealed class NodeOrder
{
    private readonly IReadOnlyList<NodeProto> _nodes;
    private readonly Dictionary<string, int> _producers = [];

    private NodeOrder(IReadOnlyList<NodeProto> nodes) => _nodes = nodes;

    public List<NodeProto> Nodes { get; } = [];

    /// <summary>The names that a needed node reads or that are wanted.</summary>
    public HashSet<string> NeededNames { get; } = [];

    /// <summary>Throws a <see cref="ModelException"/> when a name is given twice or a node depends on itself. Iterative, so that depth does not matter.</summary>
    public static NodeOrder Of(IReadOnlyList<NodeProto> nodes, IEnumerable<string> wanted)
    {
        var order = new NodeOrder(nodes);
        for (int i = 0; i < nodes.Count; i++)
            foreach (string output in nodes[i].Output)
                if (output.Length > 0 && !order._producers.TryAdd(output, i))
                    throw new ModelException("LATHE3040", $"the value '{output}' is given twice");
        order.Walk([.. wanted]);
        return order;
    }

    private void Walk(string[] wanted)
    {
        var state = new byte[_nodes.Count];
        var stack = new Stack<(int Node, string[] Reads, int Next)>();
        void Visit(string name)
        {
            NeededNames.Add(name);
            if (!_producers.TryGetValue(name, out int node) || state[node] == 2)
                return;
            if (state[node] == 1)
                throw new ModelException("LATHE3041", $"the node '{_nodes[node].Name}' ({_nodes[node].OpType}) depends on its own output '{name}'");
            state[node] = 1;
            stack.Push((node, [.. Reads(_nodes[node])], 0));
        }
        foreach (string name in wanted)
        {
            Visit(name);
            while (stack.TryPop(out var top))
            {
                if (top.Next == top.Reads.Length)
                {
                    state[top.Node] = 2;
                    Nodes.Add(_nodes[top.Node]);
                    continue;
                }
                stack.Push((top.Node, top.Reads, top.Next + 1));
                Visit(top.Reads[top.Next]);
            }
        }
    }

    /// <summary>The names that a node reads, those included that its subgraphs take from around them.</summary>
    private static IEnumerable<string> Reads(NodeProto node) => node.Input.Where(i => i.Length > 0)
        .Concat(node.Attribute.SelectMany(a => a.G is null ? a.Graphs : a.Graphs.Append(a.G)).SelectMany(Captures));

    private static IEnumerable<string> Captures(GraphProto graph)
    {
        var inside = graph.Input.Select(i => i.Name)
            .Concat(graph.Initializer.Select(t => t.Name))
            .Concat(graph.Node.SelectMany(n => n.Output))
            .ToHashSet();
        return graph.Node.SelectMany(Reads).Concat(graph.Output.Select(o => o.Name)).Where(name => !inside.Contains(name)).Distinct();
    }
}
