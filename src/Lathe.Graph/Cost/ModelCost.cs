using System.Collections.Immutable;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Cost;

/// <summary>
/// What a model costs, node by node and in total. Nodes that depend on constants only are computed once, before any run, and
/// cost nothing here beside their parameters.
/// </summary>
public sealed class ModelCost
{
    private ModelCost(ImmutableArray<NodeCost> nodes) => Nodes = nodes;

    /// <summary>One entry a node, without inputs, constants and what only keeps operators whole, in the graph's order.</summary>
    public ImmutableArray<NodeCost> Nodes { get; }

    public long Macs => Nodes.Sum(n => n.Macs);

    public long Flops => Nodes.Sum(n => n.Flops);

    public long Parameters => Nodes.Sum(n => n.Parameters);

    public long WeightBytes => Nodes.Sum(n => n.WeightBytes);

    public long ActivationBytes => Nodes.Sum(n => n.ActivationBytes);

    /// <summary>FLOPs for each byte of weights and activations that a run touches once.</summary>
    public double ArithmeticIntensity => Flops / (double)Math.Max(1, WeightBytes + ActivationBytes);

    /// <summary>Counts a graph. Throws a <see cref="ModelException"/> when an extent that matters is a symbol.</summary>
    public static ModelCost Of(Graph graph)
    {
        var counted = new HashSet<Tensor>();
        var nodes = ImmutableArray.CreateBuilder<NodeCost>();
        var running = RunNodes(graph);
        foreach (var node in graph.Nodes.Where(n => n.Op is not (Input or Constant or QuantizedOperator)))
        {
            var tensors = Users(node).SelectMany(n => n.Inputs.Where(v => IsParameter(n, v) && (IsUniform(v.Constant!) || counted.Add(v.Constant!)))).Select(v => v.Constant!).ToArray();
            bool runs = running.Contains(node);
            nodes.Add(new NodeCost(
                node,
                runs ? node.Op.Macs(node) : 0,
                runs ? node.Op.Flops(node) : 0,
                tensors.Sum(t => t.Count),
                tensors.Sum(t => (long)t.Bytes.Length),
                runs ? node.Outputs.Sum(o => checked(o.Shape.ElementCount * o.Element.Size)) : 0));
        }
        return new ModelCost(nodes.ToImmutable());
    }

    /// <summary>A node and, of a loop, those of the graphs that it repeats.</summary>
    private static IEnumerable<Node> Users(Node node) => node.Op is While loop ? [node, .. loop.Condition.AllNodes, .. loop.Body.AllNodes] : [node];

    /// <summary>The nodes, those of loops among them, whose results depend on an input of their graph: what is computed in each run.</summary>
    public static HashSet<Node> RunNodes(Graph graph)
    {
        var result = new HashSet<Node>();
        foreach (var node in graph.AllNodes)
            if (node.Op is Input || node.Inputs.Any(i => result.Contains(i.Node)))
                result.Add(node);
        return result;
    }

    /// <summary>Floats, and integers that are multiplied or dequantized; scalars, indices and masks are no parameters.</summary>
    private static bool IsParameter(Node user, Value value) =>
        value.Constant is { } tensor && tensor.Shape.Rank > 0
        && (tensor.Type.IsFloat
            || user.Op is DequantizeLinear or QLinearConv or QLinearMatMul or MatMulInteger or ConvInteger or Conv or ConvTranspose or MatMul);

    /// <summary>
    /// Whether all elements are equal, as in weights that were never trained. Equal contents then do not mean that two nodes share the constant, so it
    /// counts at each use.
    /// </summary>
    private static bool IsUniform(Tensor tensor)
    {
        var bytes = tensor.Bytes.Span;
        int size = tensor.Type.Size;
        return bytes.Length <= size || bytes[size..].SequenceEqual(bytes[..^size]);
    }
}
