using Lathe.Tensors;

namespace Lathe.Graphs.Passes;

/// <summary>Applies rules everywhere, inputs before users, until none applies any more.</summary>
public class RewritePass(string name, params IReadOnlyList<Rule> rules) : Pass
{
    /// <summary>More rounds than any sound set of rules needs; reaching it means that rules undo each other.</summary>
    private const int RoundLimit = 50;

    public override string Name => name;

    public override Graph Run(Graph graph)
    {
        for (int round = 0; round < RoundLimit; round++)
        {
            var (next, changed) = RunOnce(graph);
            if (!changed)
                return graph;
            graph = next;
        }
        throw new InternalException("LATHE2401", $"the rules of the pass {name} did not come to an end");
    }

    private (Graph Graph, bool Changed) RunOnce(Graph graph)
    {
        var context = new RewriteContext(graph);
        var map = new Dictionary<Value, Value>();
        bool changed = false;
        foreach (var node in graph.Nodes)
        {
            context.Builder.Origin = node.Name;
            var copy = context.Builder.AddNode(node.Op, [.. node.Inputs.Select(i => map[i])]);
            for (int i = 0; i < node.Outputs.Length; i++)
            {
                context.Map(node.Outputs[i], copy.Outputs[i]);
                map[node.Outputs[i]] = copy.Outputs[i];
            }
            if (copy.Outputs.Length == 1 && Replace(copy, context) is { } replacement)
            {
                changed = true;
                context.Map(node.Output, replacement);
                map[node.Output] = replacement;
            }
        }
        return (new Graph(graph.Name, graph.Inputs.Select(i => map[i]), graph.Outputs.Select(o => o with { Value = map[o.Value] })), changed);
    }

    private Value? Replace(Node node, RewriteContext context)
    {
        foreach (var rule in rules)
        {
            if (rule.Apply(node, context) is not { } value || value == node.Output)
                continue;
            if (value.Type != node.Output.Type)
                throw new InternalException("LATHE2402", $"{rule.Name} replaced {node} by a value of type {value.Type}");
            return value;
        }
        return null;
    }
}
