using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes;

/// <summary>Computes what does not depend on the inputs. Results that would make the model much larger are left alone.</summary>
public sealed class FoldConstants(GraphEvaluator evaluator) : Pass
{
    /// <summary>A folded value may be this large whatever it is made of.</summary>
    private const long FreeBytes = 1 << 20;

    public override Graph Run(Graph graph)
    {
        var builder = new GraphBuilder();
        var map = new Dictionary<Value, Value>();
        foreach (var node in graph.Nodes)
        {
            builder.Origin = node.Name;
            var copy = builder.AddNode(node.Op, [.. node.Inputs.Select(i => map[i])]);
            bool folds = node.Op is not (Input or Constant) && copy.Inputs.All(i => i.Constant is not null) && IsSmall(copy);
            var folded = folds ? evaluator.Apply(copy.Op, [.. copy.Inputs.Select(i => i.Constant!)]) : [];
            for (int i = 0; i < node.Outputs.Length; i++)
                map[node.Outputs[i]] = folds ? builder.Constant(folded[i]) : copy.Outputs[i];
        }
        return new Graph(graph.Name, graph.Inputs.Select(i => map[i]), graph.Outputs.Select(o => o with { Value = map[o.Value] }));
    }

    private static bool IsSmall(Node node)
    {
        long before = node.Inputs.Sum(i => (long)i.Constant!.Bytes.Length);
        return node.Outputs.All(o => o.Shape.ElementCount <= Math.Max(FreeBytes, 2 * before) / o.Element.Size);
    }
}
