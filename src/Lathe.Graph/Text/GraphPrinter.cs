using System.Text;
using Lathe.Graphs.Ops;

namespace Lathe.Graphs.Text;

/// <summary>Writes the text form of a graph.</summary>
internal sealed class GraphPrinter(StringBuilder text)
{
    private readonly Dictionary<Value, string> _names = [];

    /// <summary>A graph among a node's attributes, indented.</summary>
    public static string Nested(Graph graph) => new GraphPrinter(new StringBuilder()).Print(graph).TrimEnd('\n').Replace("\n", "\n    ", StringComparison.Ordinal);

    public string Print(Graph graph)
    {
        text.Append("graph ").Append(GraphWords.Name(graph.Name)).Append('(');
        for (int i = 0; i < graph.Inputs.Length; i++)
        {
            var input = graph.Inputs[i];
            string name = GraphWords.Name(((Input)input.Op).InputName);
            _names.Add(input, name);
            text.Append(i == 0 ? "" : ", ").Append(name).Append(": ").Append(GraphWords.Type(input.Type));
        }
        text.Append(") {\n");
        int constants = 0, values = 0;
        foreach (var node in graph.Nodes)
        {
            if (node.Op is Constant constant)
                Constant(node, constant, ref constants);
            else if (node.Op is not Input || !_names.ContainsKey(node.Output))
                Node(node, ref values);
        }
        text.Append("  return ");
        text.AppendJoin(", ", graph.Outputs.Select(o => $"{GraphWords.Name(o.Name)} = {_names[o.Value]}"));
        return text.Append("\n}\n").ToString();
    }

    private void Constant(Node node, Constant constant, ref int count)
    {
        if (constant.Tensor.Count <= GraphText.InlineElements)
        {
            _names.Add(node.Output, AttributeText.Write(constant.Tensor));
            return;
        }
        string name = $"${count++}";
        _names.Add(node.Output, name);
        text.Append($"  {name}: {GraphWords.Type(node.Output.Type)} = sha:{GraphText.Digest(constant.Tensor)}");
        Origin(node);
        text.Append('\n');
    }

    private void Node(Node node, ref int values)
    {
        foreach (var output in node.Outputs)
            _names.Add(output, $"%{values++}");
        text.Append("  ").AppendJoin(", ", node.Outputs.Select(o => _names[o]));
        text.Append(" = ").Append(node.Op.Name).Append('(').AppendJoin(", ", node.Inputs.Select(i => _names[i])).Append(')');
        string attributes = AttributeText.Members(node.Op);
        if (attributes.Length > 2)
            text.Append(' ').Append(attributes);
        Origin(node);
        text.Append(" : ").AppendJoin(", ", node.Outputs.Select(o => GraphWords.Type(o.Type))).Append('\n');
    }

    private void Origin(Node node)
    {
        if (node.Name.Length > 0)
            text.Append(' ').Append(GraphWords.Quote(node.Name, '\''));
    }
}
