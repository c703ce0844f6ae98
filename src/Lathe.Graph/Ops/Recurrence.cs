using System.Collections.Immutable;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// What the recurrent ops share: x [time, batch, inputs], weights [directions, gates * hidden, inputs], recurrent weights
/// [directions, gates * hidden, hidden] and initial states [directions, batch, hidden]; unrolled over time.
/// </summary>
internal static class Recurrence
{
    /// <summary>Each step of time becomes nodes of its own, so their number is limited.</summary>
    private const long MaxSteps = 4096;

    /// <summary>One step: the states after it from the input's part of the gates [batch, gates * hidden] and the states before; the first state is the output.</summary>
    public delegate Value[] Step(Value gates, Value[] states);

    public static int Directions(RecurrentDirection direction) => direction == RecurrentDirection.Bidirectional ? 2 : 1;

    /// <summary>
    /// The types of the output [time, directions, batch, hidden] and the final states. Operands: x, weights, recurrent weights, bias [directions, 2 * gates * hidden], states.
    /// </summary>
    public static EquatableArray<TensorType> Infer(
        Op op, IReadOnlyList<TensorType> inputs, RecurrentDirection direction, int gates, int states, bool hasLengths, int activations, int activationsPerDirection)
    {
        int directions = Directions(direction);
        var (x, w, r) = (inputs[0], inputs[1], inputs[2]);
        ElementTypes.Float(op, x.Element);
        ElementTypes.Same(inputs.Where((_, i) => !hasLengths || i != 4 + states));
        if (x.Rank != 3 || w.Rank != 3 || r.Rank != 3)
            throw new ModelException("LATHE2086", $"data {x}, weights {w} and recurrent weights {r} must have rank 3");
        if (activations != directions * activationsPerDirection)
            throw new ModelException("LATHE2087", $"{activations} activations were given, and {directions * activationsPerDirection} are needed");
        long hidden = r.Shape[2].Value;
        long rows = checked(gates * hidden);
        Require(w, [directions, rows, x.Shape[2]]);
        Require(r, [directions, rows, hidden]);
        Require(inputs[3], [directions, 2 * rows]);
        for (int i = 0; i < states; i++)
            Require(inputs[4 + i], [directions, x.Shape[1], hidden]);
        if (hasLengths)
        {
            ElementTypes.Integer(op, inputs[4 + states].Element);
            Require(inputs[4 + states], [x.Shape[1]]);
        }
        if (x.Shape[0].Value is < 1 or > MaxSteps)
            throw new ModelException("LATHE2088", $"{x} has {x.Shape[0]} steps of time; 1 to {MaxSteps} are possible");
        var state = x.WithShape([directions, x.Shape[1], hidden]);
        return [x.WithShape([x.Shape[0], directions, x.Shape[1], hidden]), .. Enumerable.Repeat(state, states)];
    }

    /// <summary>
    /// Runs all directions. Past a batch's length (integers, one a batch) states stay and the output is 0; going backwards starts at its last step.
    /// </summary>
    public static ImmutableArray<Value> Unroll(
        GraphBuilder b, Value x, RecurrentDirection direction, Value[] initial, Value? lengths, Func<int, (Value Gates, Step Step)> cell)
    {
        int directions = Directions(direction);
        long steps = x.Shape[0].Value;
        var outputs = new List<Value>();
        var finals = initial.Select(_ => new List<Value>()).ToArray();
        for (int d = 0; d < directions; d++)
        {
            var (gates, step) = cell(d);
            var states = initial.Select(s => Row(b, s, d)).ToArray();
            var byTime = new Value[steps];
            for (long i = 0; i < steps; i++)
            {
                long time = direction == RecurrentDirection.Reverse || d == 1 ? steps - 1 - i : i;
                var next = step(Row(b, gates, time), states);
                var output = next[0];
                if (lengths is not null)
                {
                    var column = b.Add(new Reshape([lengths.Shape[0], 1]), b.Add(new Cast(DType.Int64), lengths));
                    var isRunning = b.Add(new Less(), b.Scalar(time, DType.Int64), column);
                    output = b.Add(new Where(), isRunning, output, b.Scalar(0, output.Element));
                    next = [.. next.Zip(states, (n, s) => b.Add(new Where(), isRunning, n, s))];
                }
                states = next;
                byTime[time] = b.Add(new Reshape([1, 1, .. output.Shape]), output);
            }
            outputs.Add(Join(b, 0, byTime));
            for (int s = 0; s < finals.Length; s++)
                finals[s].Add(b.Add(new Reshape([1, .. states[s].Shape]), states[s]));
        }
        return [Join(b, 1, [.. outputs]), .. finals.Select(f => Join(b, 0, [.. f]))];
    }

    /// <summary>The input's part of the gates for all steps of a direction: x times the weights, plus a bias [gates * hidden].</summary>
    public static Value Gates(GraphBuilder b, Value x, Value weights, Value bias, int direction)
    {
        var flat = b.Add(new Reshape([x.Shape[0] * x.Shape[1], x.Shape[2]]), x);
        var product = b.Add(new MatMul(TransposeB: true), flat, Row(b, weights, direction));
        return b.Add(new Reshape([x.Shape[0], x.Shape[1], weights.Shape[1]]), b.Add(new Add(), product, bias));
    }

    /// <summary>x[i] along the first axis, which goes.</summary>
    public static Value Row(GraphBuilder b, Value x, long i) => b.Add(new Reshape([.. x.Shape.Skip(1)]), Part(b, x, 0, i, 1));

    /// <summary>Part <paramref name="i"/> of those of equal size along an axis.</summary>
    public static Value Part(GraphBuilder b, Value x, int axis, long i, long size)
    {
        var sizes = x.Shape.ToArray<Dim>().Select((d, a) => a == axis ? size : d.Value).ToEquatableArray();
        var starts = sizes.Select((_, a) => a == axis ? i * size : 0).ToEquatableArray();
        return b.Add(new Slice(starts, sizes, sizes.Select(_ => 1L).ToEquatableArray()), x);
    }

    public static Value Clip(GraphBuilder b, Value x, double? limit) => limit is { } l ? b.Add(new Clip(-l, l), x) : x;

    private static Value Join(GraphBuilder b, int axis, Value[] parts) => parts.Length == 1 ? parts[0] : b.Add(new Concat(axis), parts);

    private static void Require(TensorType operand, Shape shape)
    {
        if (operand.Shape != shape)
            throw new ModelException("LATHE2089", $"{operand} must have the shape {shape}");
    }
}
