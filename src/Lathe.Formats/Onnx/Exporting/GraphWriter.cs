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
        var outputs = Renamed(graph);
        // Outputs have their names before anything else asks for a name; an input or constant among them is copied at the end.
        var copies = outputs.Where(o => !message.TryName(o)).ToList();
        WriteNodes(message, graph, opset);
        foreach (var copy in copies)
            message.AddNode("Identity", "", [message.NameOf(copy.Value)], [copy.Name], []);
        foreach (var output in outputs)
            message.AddOutput(output.Name, output.Value.Type);
        return message.Proto;
    }

    /// <summary>In ONNX a name stands for one value: an output that has an input's name gets another.</summary>
    private static List<GraphOutput> Renamed(Graph graph)
    {
        var inputs = graph.Inputs.Select(i => ((Input)i.Op).InputName).ToHashSet();
        var taken = inputs.Concat(graph.Outputs.Select(o => o.Name)).ToHashSet();
        return [.. graph.Outputs.Select(o => inputs.Contains(o.Name) ? o with { Name = Names(o.Name).First(taken.Add) } : o)];

        static IEnumerable<string> Names(string name) => Enumerable.Range(1, int.MaxValue).Select(i => i == 1 ? $"{name}_output" : $"{name}_output_{i}");
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
