using System.Collections.Immutable;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// Gated recurrent units (Cho et al., 2014): z, r = F(x W + h R + bias), n = G(x W + (r h) R + bias), h' = (1 - z) n + z h. With
/// <paramref name="LinearBeforeReset"/> n = G(x W + input bias + r (h R + recurrent bias)).
/// Operands: x [time, batch, inputs], weights [directions, 3 * hidden, inputs] in the order z, r, n, recurrent weights [directions, 3 * hidden, hidden], bias [directions, 6 * hidden] (the
/// input's, then the recurrent ones), initial h [directions, batch, hidden], and with
/// <paramref name="HasLengths"/> the batches' lengths.
/// Outputs: h of all steps [time, directions, batch, hidden], and the last.
/// <paramref name="Activations"/>: F, G for each direction. <paramref name="Clip"/> limits their inputs' magnitude.
/// </summary>
public sealed record Gru(
    RecurrentDirection Direction,
    EquatableArray<UnaryElementwiseOp> Activations,
    double? Clip = null,
    bool LinearBeforeReset = false,
    bool HasLengths = false) : CompositeOp
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, HasLengths ? 6 : 5);
        return Recurrence.Infer(this, inputs, Direction, gates: 3, states: 1, HasLengths, Activations.Count, activationsPerDirection: 2);
    }

    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var (x, w, r, bias) = (inputs[0], inputs[1], inputs[2], inputs[3]);
        return Recurrence.Unroll(b, x, Direction, [inputs[4]], HasLengths ? inputs[5] : null, d =>
        {
            var both = Recurrence.Row(b, bias, d);
            var inputBias = Recurrence.Part(b, both, 0, 0, w.Shape[1].Value);
            var recurrentBias = Recurrence.Part(b, both, 0, 1, w.Shape[1].Value);
            var recurrent = Recurrence.Row(b, r, d);
            return (Recurrence.Gates(b, x, w, inputBias, d), (gates, states) => [Step(b, d, gates, recurrent, recurrentBias, states[0])]);
        });
    }

    private Value Step(GraphBuilder b, int direction, Value gates, Value recurrent, Value bias, Value h)
    {
        long hidden = h.Shape[1].Value;
        Value Mul(Value a, Value v) => b.Add(new Mul(), a, v);
        Value Plus(Value a, Value v) => b.Add(new Add(), a, v);
        Value Recurrent(int gate, Value state) => Plus(
            b.Add(new MatMul(TransposeB: true), state, Recurrence.Part(b, recurrent, 0, gate, hidden)), Recurrence.Part(b, bias, 0, gate, hidden));
        Value Gate(int gate, int activation, Value recurrentPart)
        {
            var inner = Plus(Recurrence.Part(b, gates, 1, gate, hidden), recurrentPart);
            return b.Add(Activations[(direction * 2) + activation], Recurrence.Clip(b, inner, Clip));
        }

        var update = Gate(0, 0, Recurrent(0, h));
        var reset = Gate(1, 0, Recurrent(1, h));
        var candidate = Gate(2, 1, LinearBeforeReset ? Mul(reset, Recurrent(2, h)) : Recurrent(2, Mul(reset, h)));
        var rest = b.Add(new Sub(), b.Scalar(1, update.Element), update);
        return Plus(Mul(rest, candidate), Mul(update, h));
    }
}
