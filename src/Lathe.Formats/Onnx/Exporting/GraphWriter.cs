using Lathe.Formats.Onnx.Protobuf;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.Onnx.Exporting;

/// <summary>Writes the nodes of graphs in order; biases go into the convolution or product before them.</summary>
internal static class GraphWriter
{
    public static GraphProto Write(Graph graph, int opset)
    {
        var message = new GraphMessage(graph.Name);
        foreach (var input in graph.Inputs)
            message.AddInput(((Input)input.Op).InputName, input);
        // Outputs have their names before anything else asks for a name; an input or constant among them is copied at the end.
        var copies = graph.Outputs.Where(o => !message.TryName(o)).ToList();
        WriteNodes(message, graph, opset);
        foreach (var copy in copies)
            message.AddNode("Identity", "", [message.NameOf(copy.Value)], [copy.Name], []);
        foreach (var output in graph.Outputs)
            message.AddOutput(output.Name, output.Value.Type);
        return message.Proto;
    }

    public static void WriteNodes(GraphMessage message, Graph graph, int opset)
    {
        var biases = new FusedBiases(graph);
        // The last node of each name keeps the name, and those before it have their operator behind theirs.
        var named = graph.Nodes.Where(n => n.Op is not (Input or Constant)).GroupBy(n => n.Name).Select(g => g.Last()).ToHashSet();
        foreach (var node in graph.Nodes)
            if (node.Op is not (Input or Constant) && !biases.IsFused(node))
                ExportTable.Write(new NodeExport(message, node, opset, biases, named));
    }
}
