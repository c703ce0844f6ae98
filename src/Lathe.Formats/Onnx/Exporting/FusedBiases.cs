using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Exporting;

/// <summary>
/// Additions of a constant for each channel to a convolution, or for each column to a matrix product, that is used for nothing else: ONNX has a
/// place for it in the operator.
/// </summary>
internal sealed class FusedBiases
{
    private readonly Dictionary<Node, (Node Addition, Node Bias)> _fused = [];
    private readonly HashSet<Node> _additions = [];

    public FusedBiases(Graph graph)
    {
        foreach (var node in graph.Nodes.Where(n => n.Op is Add))
        {
            for (int side = 0; side < 2; side++)
            {
                var (sum, bias) = (node.Inputs[side], node.Inputs[1 - side]);
                if (bias.Constant is not { } tensor || graph.IsOutput(sum) || graph.UsersOf(sum).Count() != 1 || sum.Type != node.Output.Type || !Fits(sum, tensor))
                    continue;
                _fused.Add(sum.Node, (node, bias.Node));
                _additions.Add(node);
                break;
            }
        }
    }

    public bool IsFused(Node node) => _additions.Contains(node);

    public Node? AdditionOf(Node node) => _fused.TryGetValue(node, out var fused) ? fused.Addition : null;

    /// <summary>The constant that is the bias; its elements are one for each channel, whatever its shape.</summary>
    public Node? BiasOf(Node node) => _fused.TryGetValue(node, out var fused) ? fused.Bias : null;

    private bool Fits(Value sum, Tensor bias)
    {
        int axis = sum.Op switch
        {
            Conv or ConvTranspose => 1,
            MatMul when sum.Type.Rank == 2 && sum.Element.IsFloat => 1,
            _ => -1,
        };
        if (axis < 0 || _fused.ContainsKey(sum.Node) || bias.Count != sum.Shape[axis].Value)
            return false;
        int fromEnd = sum.Type.Rank - axis;
        return bias.Shape.Rank >= fromEnd && bias.Shape.Rank <= sum.Type.Rank && bias.Shape[^fromEnd].Value == bias.Count;
    }
}
