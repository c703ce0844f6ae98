using Lathe.Formats.Onnx.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>
/// Recurrent layers. Operands: x [time, batch, inputs] (batch first with layout=1), W, R, bias, the batches' lengths, the initial h and, for LSTM,
/// the initial c and the peepholes. What is left out is zero, or of full length.
/// </summary>
internal static class Recurrent
{
    public static IReadOnlyList<Value?> Lstm(NodeContext node)
    {
        var (direction, directions) = Direction(node);
        var operands = Operands(node, directions, gates: 4, states: 2);
        var lengths = Lengths(node, operands[0]);
        if (lengths is not null)
            operands.Add(lengths);
        if (node.Optional(7) is { } peepholes)
            operands.Add(peepholes);
        var op = new Lstm(
            direction,
            ActivationNames.Of(node, directions, "Sigmoid", "Tanh", "Tanh"),
            node.Attributes.FloatOrNull("clip"),
            node.Attributes.Flag("input_forget"),
            lengths is not null,
            node.Has(7));
        return Results(node, op, operands);
    }

    public static IReadOnlyList<Value?> Gru(NodeContext node)
    {
        var (direction, directions) = Direction(node);
        var operands = Operands(node, directions, gates: 3, states: 1);
        var lengths = Lengths(node, operands[0]);
        if (lengths is not null)
            operands.Add(lengths);
        var op = new Gru(
            direction,
            ActivationNames.Of(node, directions, "Sigmoid", "Tanh"),
            node.Attributes.FloatOrNull("clip"),
            node.Attributes.Flag("linear_before_reset"),
            lengths is not null);
        return Results(node, op, operands);
    }

    public static IReadOnlyList<Value?> Rnn(NodeContext node)
    {
        var (direction, directions) = Direction(node);
        var operands = Operands(node, directions, gates: 1, states: 1);
        var lengths = Lengths(node, operands[0]);
        if (lengths is not null)
            operands.Add(lengths);
        var op = new Rnn(direction, ActivationNames.Of(node, directions, "Tanh"), node.Attributes.FloatOrNull("clip"), lengths is not null);
        return Results(node, op, operands);
    }

    private static (RecurrentDirection Direction, int Count) Direction(NodeContext node) => node.Attributes.Text("direction", "forward") switch
    {
        "forward" => (RecurrentDirection.Forward, 1),
        "reverse" => (RecurrentDirection.Reverse, 1),
        "bidirectional" => (RecurrentDirection.Bidirectional, 2),
        var other => throw new ModelException("LATHE3120", $"there is no direction '{other}'"),
    };

    private static bool BatchFirst(NodeContext node) => node.Attributes.Flag("layout");

    /// <summary>x, W, R, bias and the initial states.</summary>
    private static List<Value> Operands(NodeContext node, int directions, int gates, int states)
    {
        var (x, w, r) = (node.In(0), node.In(1), node.In(2));
        if (x.Type.Rank != 3 || r.Type.Rank != 3)
            node.Fail($"{x.Type} and {r.Type} should have three axes");
        if (BatchFirst(node))
            x = node.Add(new Transpose([1, 0, 2]), x);
        var hidden = r.Shape[2];
        Value Zeros(Shape shape) => node.Add(new Expand(shape), node.ScalarLike(0, x));
        var operands = new List<Value> { x, w, r, node.Optional(3) ?? Zeros([directions, 2 * gates * hidden]) };
        for (int i = 0; i < states; i++)
        {
            if (node.Optional(5 + i) is { } state)
                operands.Add(BatchFirst(node) ? node.Add(new Transpose([1, 0, 2]), state) : state);
            else
                operands.Add(Zeros([directions, x.Shape[1], hidden]));
        }
        return operands;
    }

    /// <summary>The batches' lengths, unless all are known to be full.</summary>
    private static Value? Lengths(NodeContext node, Value x) =>
        node.TryConstant(4) is { } known && x.Shape[0].IsKnown && known.ToInt64Array().All(n => n == x.Shape[0].Value) ? null : node.Optional(4);

    private static IReadOnlyList<Value?> Results(NodeContext node, Op op, List<Value> operands)
    {
        var outputs = node.Builder.AddNode(op, [.. operands]).Outputs;
        return BatchFirst(node)
            ? [.. outputs.Select((o, i) => (Value?)node.Add(new Transpose(i == 0 ? [2, 0, 1, 3] : [1, 0, 2]), o))]
            : [.. outputs];
    }
}
