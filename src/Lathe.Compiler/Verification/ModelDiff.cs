using Lathe.Graphs;
using Lathe.Graphs.Evaluation;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Compilation.Verification;

/// <summary>
/// Runs two sides on the same inputs and compares them layer by layer. Each side computes every matched layer as an output, so that errors show where
/// they arise; layers that are computed together otherwise are separate for this.
/// </summary>
/// <param name="first">Runs a graph of the first model.</param>
/// <param name="second">Runs a graph of the second model.</param>
public sealed class ModelDiff(ModelDiff.RunGraph first, ModelDiff.RunGraph second)
{
    /// <summary>The outputs of a graph by name.</summary>
    public delegate IReadOnlyDictionary<string, Tensor> RunGraph(Graph graph, IReadOnlyDictionary<string, Tensor> inputs);

    /// <summary>
    /// The layers' errors in the first model's order. Inputs are those of the first model; the second gets them in its own order of axes. Throws a
    /// <see cref="ModelException"/> where the models' inputs do not correspond.
    /// </summary>
    public IReadOnlyList<LayerError> Run(Graph a, Graph b, IReadOnlyDictionary<string, Tensor> inputs)
    {
        var pairs = LayerMatching.Of(a, b);
        var mine = first(WithLayers(a, pairs.Select(p => p.First)), inputs);
        var theirs = second(WithLayers(b, pairs.Select(p => p.Second)), Translate(a, b, inputs));
        return [.. pairs.Select((p, i) => ErrorOf(p, mine[Name(i)], Turned(theirs[Name(i)], p.First.Type)))];
    }

    /// <summary>
    /// The smallest model around a layer of <paramref name="graph"/>: the nodes of its name, with the values that they read as inputs, and these inputs' elements.
    /// </summary>
    public static (Graph Model, IReadOnlyDictionary<string, Tensor> Inputs) Isolate(Graph graph, LayerError layer, IReadOnlyDictionary<string, Tensor> inputs)
    {
        var result = graph.Outputs.FirstOrDefault(o => o.Name == layer.Name)?.Value ?? graph.Nodes.Last(n => n.Name == layer.Name && n.Op is not (Input or Constant)).Output;
        var inside = graph.Nodes.Where(n => n == result.Node || (n.Name.Length > 0 && n.Name == result.Node.Name && n.Op is not (Input or Constant))).ToHashSet();
        var read = inside.SelectMany(n => n.Inputs).Where(v => v.Constant is null && !inside.Contains(v.Node)).Distinct().ToList();
        var elements = new GraphEvaluator().Run(new Graph(graph.Name, graph.Inputs, read.Select((v, i) => new GraphOutput($"x{i}", v))), inputs);
        var builder = new GraphBuilder();
        var map = read.Index().ToDictionary(p => p.Item, p => builder.Input($"x{p.Index}", p.Item.Type));
        foreach (var node in graph.Nodes.Where(n => inside.Contains(n) || n.Op is Constant))
        {
            builder.Origin = node.Name;
            var copy = builder.AddNode(node.Op, [.. node.Inputs.Select(v => map[v])]);
            foreach (var (old, made) in node.Outputs.Zip(copy.Outputs))
                map[old] = made;
        }
        return (new Graph(layer.Name, read.Select(v => map[v]), [new("y", map[result])]), elements);
    }

    private static Graph WithLayers(Graph graph, IEnumerable<Value> layers) => new(graph.Name, graph.Inputs, layers.Select((v, i) => new GraphOutput(Name(i), v)));

    private static string Name(int layer) => $"layer {layer}";

    private static Dictionary<string, Tensor> Translate(Graph a, Graph b, IReadOnlyDictionary<string, Tensor> inputs)
    {
        var names = a.Inputs.Select(v => ((Input)v.Op).InputName).ToList();
        return b.Inputs.Index().ToDictionary(p => ((Input)p.Item.Op).InputName, p =>
        {
            string name = ((Input)p.Item.Op).InputName;
            int at = names.IndexOf(name) is >= 0 and var known ? known : p.Index;
            if (at >= names.Count || LayerMatching.Order(p.Item.Type, a.Inputs[at].Type) is null || p.Item.Element != a.Inputs[at].Element)
                throw new ModelException("LATHE5150", $"the second model's input '{name}' {p.Item.Type} has no counterpart among the first model's", "give --input-shapes that make them equal");
            return Turned(inputs[names[at]], p.Item.Type);
        });
    }

    /// <summary>A tensor with its axes in the order that gives the type's shape.</summary>
    private static Tensor Turned(Tensor tensor, TensorType type)
    {
        int[] order = LayerMatching.Order(type, new(tensor.Type, tensor.Shape))!;
        return order.SequenceEqual(Enumerable.Range(0, order.Length)) ? tensor : new GraphEvaluator().Apply(new Transpose(order), [tensor])[0];
    }

    private static LayerError ErrorOf(LayerPair pair, Tensor expected, Tensor actual)
    {
        var comparison = TensorComparison.Of(actual.Cast(expected.Type), expected);
        return new(pair.Name, pair.First.Op.Name, pair.First.Type, comparison.MaxExpected, comparison.MaxAbsoluteError);
    }
}
