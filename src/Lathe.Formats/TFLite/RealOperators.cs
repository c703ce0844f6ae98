using Lathe.Formats.TFLite.Reading;
using Lathe.Formats.TFLite.Writing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite;

/// <summary>What operators on scaled integers do to the reals that these stand for.</summary>
internal static class RealOperators
{
    /// <summary>The operator's result for operands that are reals where the operator has scaled ones.</summary>
    /// <param name="result">The result's type: f32 where it is scaled.</param>
    public static Value Apply(GraphBuilder b, QuantizedOperator op, IReadOnlyList<Value> operands, TensorType result)
    {
        // The importer knows what each operator means: it reads a model of this one, with floats for tensors.
        var draft = new ModelDraft("real");
        var given = new Dictionary<string, Value>();
        int[] inputs = [.. operands.Select((value, i) =>
        {
            if (value.Constant is { } tensor)
                return draft.Add(Tensor($"{i}", value.Type) with { Buffer = draft.Buffer(tensor.Bytes) });
            int input = draft.Add(Tensor($"{i}", value.Type));
            draft.AddInput($"{i}", input);
            given.Add($"{i}", value);
            return input;
        })];
        int output = draft.Add(Tensor("y", result));
        var builtin = Enum.Parse<BuiltinOperator>(op.Operator);
        var (kind, options) = OperatorOptions.Write(builtin, op.Options);
        draft.AddOperator(builtin, inputs, [output], kind, options);
        draft.AddOutput("y", output);
        var graph = TFLiteImporter.Import(draft.ToFile());
        var map = new Dictionary<Value, Value>();
        foreach (var node in graph.Nodes)
        {
            var copy = node.Op is Input input ? given[input.InputName].Node : b.AddNode(node.Op, [.. node.Inputs.Select(i => map[i])]);
            for (int i = 0; i < node.Outputs.Length; i++)
                map[node.Outputs[i]] = node.Op is Input named ? given[named.InputName] : copy.Outputs[i];
        }
        return map[graph.Outputs[0].Value];
    }

    private static DraftTensor Tensor(string name, TensorType type) => new(
        name,
        DraftTensor.TypeOf(type.Element) ?? throw new InternalException("LATHE3607", $"{type} has no TFLite type"),
        [.. type.Shape.Select(d => checked((int)d.Value))]);
}
