using Lathe.Tensors;

namespace Lathe.Graphs.Passes;

/// <summary>Puts the meaning of composites in their place, until only primitives and loop ops are left, or composites that are to stay.</summary>
/// <param name="isWanted">Which composites are decomposed; all without it.</param>
public sealed class DecomposeComposites(Func<Node, bool>? isWanted = null) : Pass
{
    public override Graph Run(Graph graph)
    {
        while (graph.Nodes.Any(IsDecomposed))
            graph = RunOnce(graph);
        return graph;
    }

    private bool IsDecomposed(Node node) => node.Op is CompositeOp && (isWanted is null || isWanted(node));

    private Graph RunOnce(Graph graph)
    {
        var builder = new GraphBuilder();
        var map = new Dictionary<Value, Value>();
        foreach (var node in graph.Nodes)
        {
            builder.Origin = node.Name;
            Value[] inputs = [.. node.Inputs.Select(i => map[i])];
            var outputs = IsDecomposed(node) ? ((CompositeOp)node.Op).Expand(builder, inputs) : builder.AddNode(node.Op, inputs).Outputs;
            for (int i = 0; i < outputs.Length; i++)
            {
                if (outputs[i].Type != node.Outputs[i].Type)
                    throw new InternalException("LATHE2403", $"{node} expands to a value of type {outputs[i].Type}");
                map[node.Outputs[i]] = outputs[i];
            }
        }
        return new Graph(graph.Name, graph.Inputs.Select(i => map[i]), graph.Outputs.Select(o => o with { Value = map[o.Value] }));
    }
}
