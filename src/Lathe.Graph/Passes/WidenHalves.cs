using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes;

/// <summary>
/// Computes float16 and bfloat16 models in float32: inputs are widened, constants converted, and outputs narrowed again. Processors
/// without half arithmetic would convert at every op.
/// </summary>
/// <param name="everywhere">Whether inputs and outputs become float32 too, and nothing is narrowed in between: for formats that only store halves.</param>
public sealed class WidenHalves(bool everywhere = false) : Pass
{
    public override Graph Run(Graph graph)
    {
        if (!graph.AllNodes.Any(n => n.Outputs.Any(o => o.Element.IsHalf)))
            return graph;
        var builder = new GraphBuilder();
        var map = new Dictionary<Value, Value>();
        var inputs = new Dictionary<Value, Value>();
        foreach (var node in graph.Nodes)
        {
            builder.Origin = node.Name;
            Value[] operands = [.. node.Inputs.Select(i => map[i])];
            switch (node.Op)
            {
                case Input input:
                    inputs[node.Output] = builder.Input(input.InputName, everywhere && input.Type.Element.IsHalf ? input.Type.WithElement(DType.Float32) : input.Type);
                    map[node.Output] = Widen(builder, inputs[node.Output]);
                    break;
                case Constant { Tensor: var tensor } when tensor.Type.IsHalf:
                    map[node.Output] = builder.Constant(tensor.Cast(DType.Float32));
                    break;
                case Cast { To.IsHalf: true } when everywhere:
                    map[node.Output] = operands[0].Element == DType.Float32 ? operands[0] : builder.Add(new Cast(DType.Float32), operands[0]);
                    break;
                case Cast { To.IsHalf: true }:
                    // The cast's rounding is part of the model.
                    map[node.Output] = Widen(builder, builder.Add(node.Op, operands));
                    break;
                case While loop when !everywhere:
                    // What is carried is narrowed in every round, as the model does; the loop's own graphs are widened by themselves.
                    var repeated = builder.AddNode(loop, [.. node.Inputs.Select((v, i) => v.Element.IsHalf ? builder.Add(new Cast(v.Element), operands[i]) : operands[i])]);
                    foreach (var (from, to) in node.Outputs.Zip(repeated.Outputs))
                        map[from] = Widen(builder, to);
                    break;
                case Op op:
                    var copy = builder.AddNode(op is While { Condition: var condition, Body: var body } ? new While(Run(condition), Run(body)) : op, operands);
                    for (int i = 0; i < copy.Outputs.Length; i++)
                        map[node.Outputs[i]] = copy.Outputs[i];
                    break;
            }
        }
        var outputs = graph.Outputs.Select(o => o with
        {
            Value = o.Value.Element.IsHalf && !everywhere ? builder.Add(new Cast(o.Value.Element), map[o.Value]) : map[o.Value],
        });
        return new Graph(graph.Name, graph.Inputs.Select(i => inputs[i]), outputs);
    }

    private static Value Widen(GraphBuilder builder, Value value) =>
        value.Element.IsHalf ? builder.Add(new Cast(DType.Float32), value) : value;
}
