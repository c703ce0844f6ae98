using Lathe.Graphs;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Importing;

/// <summary>Works out one node's results.</summary>
internal static class NodeEvaluation
{
    public static IReadOnlyList<Tensor> Evaluate(Node node, IReadOnlyList<Tensor> inputs) =>
        throw new UnsupportedException("LATHE3057", $"{node.Op.Name} of {inputs.Count} constants is not folded yet");
}
