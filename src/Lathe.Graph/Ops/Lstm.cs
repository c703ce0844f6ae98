using System.Collections.Immutable;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// Long short-term memory (Hochreiter and Schmidhuber, 1997; peepholes: Gers and Schmidhuber, 2000): i, o, f = F(x W + h R + P c + bias), g = G(x W + h R + bias),
/// c' = f c + i g, h' = o H(c'); the output gate's peephole sees c'.
/// Operands: x [time, batch, inputs], weights [directions, 4 * hidden, inputs] in the order i, o, f, g, recurrent weights [directions, 4 * hidden, hidden], bias [directions, 8 * hidden] (the
/// input's, then the recurrent ones), initial h and c [directions, batch, hidden], with
/// <paramref name="HasLengths"/> the batches' lengths, with <paramref name="HasPeepholes"/> P [directions, 3 * hidden] in the order i, o, f.
/// Outputs: h of all steps [time, directions, batch, hidden], and the last h and c.
/// <paramref name="Activations"/>: F, G, H for each direction. <paramref name="Clip"/> limits the magnitude of F's and G's inputs. With
/// <paramref name="InputForget"/> f is 1 - i.
/// </summary>
public sealed record Lstm(
    RecurrentDirection Direction,
    EquatableArray<UnaryElementwiseOp> Activations,
    double? Clip = null,
    bool InputForget = false,
    bool HasLengths = false,
    bool HasPeepholes = false) : CompositeOp
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        int peephole = HasLengths ? 7 : 6;
        ElementTypes.Count(this, inputs, HasPeepholes ? peephole + 1 : peephole);
        var types = Recurrence.Infer(this, inputs, Direction, gates: 4, states: 2, HasLengths, Activations.Count, activationsPerDirection: 3);
        Shape expected = [Recurrence.Directions(Direction), 3 * inputs[2].Shape[2]];
        return !HasPeepholes || inputs[peephole].Shape == expected
            ? types
            : throw new ModelException("LATHE2089", $"{inputs[peephole]} must have the shape {expected}");
    }

    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var (x, w, r, bias) = (inputs[0], inputs[1], inputs[2], inputs[3]);
        return Recurrence.Unroll(b, x, Direction, [inputs[4], inputs[5]], HasLengths ? inputs[6] : null, d =>
        {
            long rows = w.Shape[1].Value;
            var both = Recurrence.Row(b, bias, d);
            var sum = b.Add(new Add(), Recurrence.Part(b, both, 0, 0, rows), Recurrence.Part(b, both, 0, 1, rows));
            var recurrent = Recurrence.Row(b, r, d);
            var peepholes = HasPeepholes ? Recurrence.Row(b, inputs[^1], d) : null;
            return (Recurrence.Gates(b, x, w, sum, d), (gates, states) => Step(b, d, gates, recurrent, peepholes, states[0], states[1]));
        });
    }

    private Value[] Step(GraphBuilder b, int direction, Value gates, Value recurrent, Value? peepholes, Value h, Value c)
    {
        long hidden = h.Shape[1].Value;
        var all = b.Add(new Add(), gates, b.Add(new MatMul(TransposeB: true), h, recurrent));
        Value Mul(Value a, Value v) => b.Add(new Mul(), a, v);
        Value Gate(int gate, int activation, Value? seen)
        {
            var inner = Recurrence.Part(b, all, 1, gate, hidden);
            if (peepholes is not null && seen is not null)
                inner = b.Add(new Add(), inner, Mul(Recurrence.Part(b, peepholes, 0, gate, hidden), seen));
            return b.Add(Activations[(direction * 3) + activation], Recurrence.Clip(b, inner, Clip));
        }

        var input = Gate(0, 0, c);
        var forget = InputForget ? b.Add(new Sub(), b.Scalar(1, input.Element), input) : Gate(2, 0, c);
        var cell = b.Add(new Add(), Mul(forget, c), Mul(input, Gate(3, 1, null)));
        var output = Gate(1, 0, cell);
        return [Mul(output, b.Add(Activations[(direction * 3) + 2], cell)), cell];
    }
}
