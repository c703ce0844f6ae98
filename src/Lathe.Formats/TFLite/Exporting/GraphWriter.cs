using Lathe.Formats.TFLite.Reading;
using Lathe.Formats.TFLite.Writing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;

namespace Lathe.Formats.TFLite.Exporting;

/// <summary>Writes the nodes of a graph in order.</summary>
internal sealed class GraphWriter
{
    private readonly Graph _graph;
    private readonly ModelDraft _draft;
    private readonly GraphTensors _tensors;

    private GraphWriter(Graph graph, TFLiteExportOptions options, ModelDraft draft) => (_graph, _draft, _tensors) = (graph, draft, new(draft, options, Scalings.Of(graph)));

    /// <summary>The file of a model.</summary>
    public static byte[] Write(Graph graph, TFLiteExportOptions options)
    {
        var draft = new ModelDraft(graph.Name.Length > 0 ? graph.Name : "main");
        new GraphWriter(graph, options, draft).Write();
        return draft.ToFile();
    }

    /// <summary>Writes a graph that an operator calls, and gives its number.</summary>
    public static int Write(Graph graph, TFLiteExportOptions options, ModelDraft model)
    {
        var draft = model.Another(graph.Name);
        new GraphWriter(graph, options, draft).Write();
        return draft.Number;
    }

    private void Write()
    {
        foreach (var input in _graph.Inputs)
        {
            string name = ((Input)input.Op).InputName;
            _tensors.TryName(name, input);
            _draft.AddInput(name, _tensors.Of(input));
        }
        // Outputs have their names before anything else asks for a name; an input or constant among them is copied at the end.
        var copies = _graph.Outputs.Where(o => o.Value.Op is Input or Constant || !_tensors.TryName(o.Name, o.Value)).ToHashSet();
        foreach (var node in _graph.Nodes)
            if (node.Op is not (Input or Constant) && (GraphTensors.StoredIntegers(node.Outputs[0]) is null || _graph.IsOutput(node.Outputs[0])))
                ExportTable.Write(new(_tensors, node));
        foreach (var output in _graph.Outputs)
            _draft.AddOutput(output.Name, copies.Contains(output) ? Copied(output) : _tensors.Of(output.Value));
    }

    /// <summary>TFLite has no operator that copies; a reshape to the same shape does.</summary>
    private int Copied(GraphOutput output)
    {
        int copy = _tensors.Copy(output.Name, output.Value);
        int[] shape = [.. output.Value.Shape.Select(d => (int)d.Value)];
        int target = _tensors.Constant($"{output.Name}/shape", Tensors.Tensor.Vector<int>(shape));
        _draft.AddOperator(BuiltinOperator.RESHAPE, [_tensors.Of(output.Value), target], [copy], OptionsKind.Reshape, new() { { 0, shape } });
        return copy;
    }
}
