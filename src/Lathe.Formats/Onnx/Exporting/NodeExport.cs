using Lathe.Graphs;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Exporting;

/// <summary>A node on its way into the message. A writer emits as many operators as it takes; the last gives the node's results.</summary>
internal sealed class NodeExport(GraphMessage message, Node node, int opset, FusedBiases biases, IReadOnlySet<Node> named)
{
    public Node Node => node;

    public GraphMessage Message => message;

    public int Opset => opset;

    /// <summary>The node whose result is written: the addition that carries the bias, or the node itself.</summary>
    private Node Last => biases.AdditionOf(node) ?? node;

    public TensorType Type(int input) => node.Inputs[input].Type;

    public string In(int input) => message.NameOf(node.Inputs[input]);

    public IEnumerable<string> Ins() => node.Inputs.Select(message.NameOf);

    /// <summary>The bias, one element a channel, that is added to the result, and null where there is none.</summary>
    public string? Bias() => biases.BiasOf(node) is { Output.Constant: { } tensor } bias
        ? message.Initializer(bias.Name.Length > 0 ? bias.Name : $"{Stem}_bias", tensor.Reshape(Shape.Of(tensor.Count)))
        : null;

    public string Constant(string role, Tensor tensor) => message.Initializer($"{Stem}_{role}", tensor);

    public string Ints(string role, params IEnumerable<long> values) => Constant(role, Tensor.Vector<long>([.. values]));

    public string Scalar(string role, double value, DType type) => Constant(role, Tensor.Of<double>(Shape.Of(), [value]).Cast(type));

    /// <summary>An operator before the last; its result has a name of its own.</summary>
    public string Emit(string op, IEnumerable<string> inputs, params (string Name, object Value)[] attributes)
    {
        string output = message.Fresh($"{Stem}_{op}");
        message.AddNode(op, $"{Stem}/{op}", inputs, [output], attributes);
        return output;
    }

    /// <summary>The operator that gives the node's results, from the node's own inputs.</summary>
    public void Result(string op, params (string Name, object Value)[] attributes) => Result(op, Ins(), attributes);

    public void Result(string op, IEnumerable<string> inputs, params (string Name, object Value)[] attributes) =>
        message.AddNode(op, named.Contains(Last) ? Last.Name : $"{Stem}/{op}", inputs, Last.Outputs.Select(message.NameOf), attributes);

    private string Stem => Last.Name.Length > 0 ? Last.Name : node.Op.Name;
}
