using System.Collections.Immutable;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs;

/// <summary>A model: named outputs, the inputs that they are computed from, and through them all nodes between.</summary>
public sealed class Graph
{
    private readonly Lazy<ImmutableArray<Node>> _nodes;
    private readonly Lazy<ILookup<Value, Node>> _users;

    public Graph(string name, IEnumerable<Value> inputs, IEnumerable<GraphOutput> outputs)
    {
        Name = name;
        Inputs = [.. inputs];
        Outputs = [.. outputs];
        _nodes = new(() => TopologicalOrder([.. Inputs, .. Outputs.Select(o => o.Value)]));
        _users = new(() => Nodes.SelectMany(n => n.Inputs.Distinct().Select(v => (Value: v, Node: n))).ToLookup(p => p.Value, p => p.Node));
    }

    public string Name { get; }

    /// <summary>All inputs, used or not, in the model's order. Each is the output of an <see cref="Input"/> node.</summary>
    public ImmutableArray<Value> Inputs { get; }

    public ImmutableArray<GraphOutput> Outputs { get; }

    /// <summary>Every node, each after the nodes of its inputs. The order is the same for the same graph.</summary>
    public ImmutableArray<Node> Nodes => _nodes.Value;

    /// <summary><see cref="Nodes"/>, each after those of the graphs that it repeats.</summary>
    public IEnumerable<Node> AllNodes => Nodes.SelectMany(n => n.Op is While loop ? [.. loop.Condition.AllNodes, .. loop.Body.AllNodes, n] : (Node[])[n]);

    /// <summary>The distinct nodes that read a value.</summary>
    public IEnumerable<Node> UsersOf(Value value) => _users.Value[value];

    public bool IsOutput(Value value) => Outputs.Any(o => o.Value == value);

    public Graph WithOutputs(IEnumerable<Value> outputs) =>
        new(Name, Inputs, Outputs.Zip(outputs, (o, value) => o with { Value = value }));

    /// <summary>The nodes that the values need, inputs first. Iterative, so that depth does not matter.</summary>
    public static ImmutableArray<Node> TopologicalOrder(IEnumerable<Value> roots)
    {
        var order = ImmutableArray.CreateBuilder<Node>();
        var done = new HashSet<Node>();
        var stack = new Stack<(Node Node, int Next)>();
        foreach (var root in roots)
        {
            if (done.Add(root.Node))
                stack.Push((root.Node, 0));
            while (stack.TryPop(out var top))
            {
                if (top.Next == top.Node.Inputs.Length)
                {
                    order.Add(top.Node);
                    continue;
                }
                stack.Push((top.Node, top.Next + 1));
                var input = top.Node.Inputs[top.Next].Node;
                if (done.Add(input))
                    stack.Push((input, 0));
            }
        }
        return order.ToImmutable();
    }
}

/// <summary>A result of a graph under the model's own name.</summary>
public sealed record GraphOutput(string Name, Value Value);
