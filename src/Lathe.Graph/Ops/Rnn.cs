using System.Collections.Immutable;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// The simple recurrent layer (Elman, 1990): h = f(x W + h R + bias).
/// Operands: x [time, batch, inputs], weights [directions, hidden, inputs], recurrent weights [directions, hidden, hidden], bias [directions, 2 * hidden] (the
/// input's, then the recurrent ones), initial h [directions, batch, hidden], and with
/// <paramref name="HasLengths"/> the batches' lengths.
/// Outputs: h of all steps [time, directions, batch, hidden], and the last.
/// <paramref name="Activations"/>: one a direction. <paramref name="Clip"/> limits their inputs' magnitude.
/// </summary>
public sealed record Rnn(
    RecurrentDirection Direction, EquatableArray<UnaryElementwiseOp> Activations, double? Clip = null, bool HasLengths = false) : CompositeOp
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, HasLengths ? 6 : 5);
        return Recurrence.Infer(this, inputs, Direction, gates: 1, states: 1, HasLengths, Activations.Count, activationsPerDirection: 1);
    }

    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var (x, w, r, bias) = (inputs[0], inputs[1], inputs[2], inputs[3]);
        long hidden = r.Shape[2].Value;
        return Recurrence.Unroll(b, x, Direction, [inputs[4]], HasLengths ? inputs[5] : null, d =>
        {
            var both = Recurrence.Row(b, bias, d);
            var sum = b.Add(new Add(), Recurrence.Part(b, both, 0, 0, hidden), Recurrence.Part(b, both, 0, 1, hidden));
            var recurrent = Recurrence.Row(b, r, d);
            return (Recurrence.Gates(b, x, w, sum, d), (gates, states) =>
            {
                var inner = b.Add(new Add(), gates, b.Add(new MatMul(TransposeB: true), states[0], recurrent));
                return [b.Add(Activations[d], Recurrence.Clip(b, inner, Clip))];
            }
            );
        });
    }
}
