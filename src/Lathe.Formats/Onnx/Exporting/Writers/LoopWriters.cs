using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Exporting.Writers;

/// <summary>Loops whose rounds only a run counts.</summary>
internal static class LoopWriters
{
    public static void AddTo(ExportTable table) => table.Add<While>(1, WriteLoop);

    /// <summary>
    /// The operator looks at its condition before the first round only; after that each round says whether another follows. So the condition stands before the loop and at the end of the body. What stays
    /// the same in all rounds, the body reads by its name outside.
    /// </summary>
    private static void WriteLoop(NodeExport n, While op)
    {
        string[] kept = [.. Enumerable.Range(op.Carried, n.Node.Inputs.Length - op.Carried).Select(n.In)], first = [.. Enumerable.Range(0, op.Carried).Select(n.In)];
        string begins = Inline(n, n.Message, op.Condition, [.. first, .. kept])[0];

        var body = n.Message.Inner(op.Body.Name);
        body.AddInput(body.Fresh("round"), new TensorType(DType.Int64, Shape.Scalar));
        body.AddInput(body.Fresh("begins"), op.Condition.Outputs[0].Value.Type);
        string[] before = [.. op.Body.Inputs.Take(op.Carried).Select(input =>
        {
            string name = body.Fresh(((Input)input.Op).InputName);
            body.AddInput(name, input.Type);
            return name;
        })];
        string[] after = Inline(n, body, op.Body, [.. before, .. kept]);
        string goesOn = Inline(n, body, op.Condition, [.. after, .. kept])[0];
        // Outputs of a body must be its own nodes', each another's.
        foreach (var (name, type) in after.Zip(op.Body.Outputs.Select(o => o.Value.Type)).Prepend((goesOn, op.Condition.Outputs[0].Value.Type)))
        {
            string output = body.Fresh("next");
            body.AddNode("Identity", "", [name], [output], []);
            body.AddOutput(output, type);
        }
        n.Result("Loop", ["", begins, .. first], ("body", body.Proto));
    }

    /// <summary>The names of a graph's outputs, whose nodes are put where the operator stands.</summary>
    private static string[] Inline(NodeExport n, GraphMessage message, Graph graph, IReadOnlyList<string> inputs)
    {
        var inlined = message.Inlined();
        foreach (var (input, name) in graph.Inputs.Zip(inputs))
            inlined.Bind(input, name);
        GraphWriter.WriteNodes(inlined, graph, n.Opset);
        return [.. graph.Outputs.Select(o => inlined.NameOf(o.Value))];
    }
}
