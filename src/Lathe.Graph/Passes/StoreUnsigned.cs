using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes.Rules;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes;

/// <summary>
/// Stores signed bytes between products as unsigned ones, 128 more: for processors that multiply unsigned data by signed weights. A value is moved where what
/// it is made of is kept in range by constants, and all that read it can take the 128 off again: sums of products by their bias, others as i32.
/// </summary>
public sealed class StoreUnsigned : Pass
{
    private const int Offset = 128;

    public override Graph Run(Graph graph)
    {
        var moved = new HashSet<Value>();
        foreach (var node in graph.Nodes)
        {
            bool begins = node is { Op: Cast { To: DType.Int8 }, Inputs: [{ Element: DType.Int32, Op: Clip { Min: >= sbyte.MinValue, Max: <= sbyte.MaxValue } } clipped] }
                && IntegerBound.Of(clipped.Node.Inputs[0]) + Offset <= int.MaxValue && ReadersTake(graph, node.Output);
            if (begins || (node.Op is Pad or Reshape && moved.Contains(node.Inputs[0])))
                moved.Add(node.Output);
        }
        return moved.Count == 0 ? graph : Move(graph, moved);
    }

    private static bool ReadersTake(Graph graph, Value value) => !graph.IsOutput(value) && graph.UsersOf(value).All(user => user.Op switch
    {
        Conv { Sum: DType.Int32, Layout: Layout.ChannelsLast } conv => !conv.Window.HasPadding && IsData(user, value) && user.Inputs[1].Constant is not null,
        MatMul { Sum: DType.Int32, TransposeA: false } => IsData(user, value) && user.Inputs[1] is { Constant: not null, Type.Rank: 2 },
        Cast { To: DType.Int32 } => true,
        Pad { Mode: PadMode.Constant } or Reshape => ReadersTake(graph, user.Output),
        _ => false,
    });

    private static bool IsData(Node user, Value value) => user.Inputs[0] == value && user.Inputs[1] != value;

    private static Graph Move(Graph graph, HashSet<Value> moved)
    {
        var builder = new GraphBuilder();
        var map = new Dictionary<Value, Value>();
        Value Number(int number) => builder.Constant(Tensor.Scalar(number));
        foreach (var node in graph.Nodes)
        {
            builder.Origin = node.Name;
            Value[] operands = [.. node.Inputs.Select(i => map[i])];
            if (node.Op is Cast { To: DType.Int8 } && moved.Contains(node.Output))
            {
                var clip = (Clip)node.Inputs[0].Op;
                var sum = builder.Add(new Add(), operands[0].Node.Inputs[0], Number(Offset));
                map[node.Output] = builder.Add(new Cast(DType.UInt8), builder.Add(new Clip(clip.Min + Offset, clip.Max + Offset), sum));
                continue;
            }
            var op = node.Op is Pad pad && moved.Contains(node.Output) ? pad with { Value = pad.Value + Offset } : node.Op;
            var copy = builder.AddNode(op, operands);
            for (int i = 0; i < copy.Outputs.Length; i++)
                map[node.Outputs[i]] = copy.Outputs[i];
            if (moved.Contains(node.Output) || node.Inputs is not [var data, ..] || !moved.Contains(data))
                continue;
            var taken = node.Op is Cast ? Number(-Offset) : builder.Constant(TakenOff(node));
            map[node.Output] = builder.Add(new Add(), copy.Output, taken);
        }
        return new Graph(graph.Name, graph.Inputs.Select(i => map[i]), graph.Outputs.Select(o => o with { Value = map[o.Value] }));
    }

    /// <summary>What moved data add to the sums of each output column, negated.</summary>
    private static Tensor TakenOff(Node node)
    {
        var weights = node.Inputs[1].Constant!;
        bool across = node.Op is MatMul { TransposeB: true };
        var sums = new int[across ? weights.Shape[0].Value : weights.Shape[^1].Value];
        long row = across ? weights.Shape[1].Value : 1;
        for (long i = 0; i < weights.Count; i++)
            sums[i / row % sums.Length] -= Offset * (int)weights.GetInt64(i);
        return Tensor.Vector<int>(sums);
    }
}
