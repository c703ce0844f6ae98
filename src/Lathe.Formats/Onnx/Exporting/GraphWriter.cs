using Lathe.Formats.Onnx.Protobuf;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.Onnx.Exporting;

/// <summary>Writes the nodes of a graph in order; biases go into the convolution or product before them.</summary>
internal sealed class GraphWriter(Graph graph, int opset)
{
    private readonly GraphMessage _message = new(graph.Name);
    private readonly FusedBiases _biases = new(graph);

    /// <summary>The last node of each name: it keeps the name, and those before it have their operator behind theirs.</summary>
    private readonly HashSet<Node> _named = [.. graph.Nodes.Where(n => n.Op is not (Input or Constant)).GroupBy(n => n.Name).Select(g => g.Last())];

    public GraphProto Write()
    {
        foreach (var input in graph.Inputs)
            _message.AddInput(((Input)input.Op).InputName, input);
        // Outputs have their names before anything else asks for a name; an input or constant among them is copied at the end.
        var copies = graph.Outputs.Where(o => !_message.TryName(o)).ToList();
        foreach (var node in graph.Nodes)
            if (node.Op is not (Input or Constant) && !_biases.IsFused(node))
                ExportTable.Write(new NodeExport(_message, node, opset, _biases, _named));
        foreach (var copy in copies)
            _message.AddNode("Identity", "", [_message.NameOf(copy.Value)], [copy.Name], []);
        foreach (var output in graph.Outputs)
            _message.AddOutput(output);
        return _message.Proto;
    }
}
