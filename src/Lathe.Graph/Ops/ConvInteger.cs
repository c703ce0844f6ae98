using System.Collections.Immutable;

namespace Lathe.Graphs.Ops;

/// <summary>
/// Convolution of 8-bit integers less their zero points, in i32; padding is the data's zero point. Inputs: data, weights as for <see cref="Conv"/>, and
/// maybe the data's zero point, and the weights' (one, or one an output channel).
/// </summary>
public sealed record ConvInteger(Window Window, long Groups, Layout Layout) : CompositeOp
{
    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        ElementTypes.Count(this, [.. inputs.Select(i => i.Type)], 2, 4);
        foreach (var operand in inputs)
            ElementTypes.Integer(this, operand.Element);
        var conv = new Conv(Window, Groups, Layout);
        var data = Integers.Centre(b, inputs[0], inputs.Count > 2 ? inputs[2] : null, 0);
        var weights = Integers.Centre(b, inputs[1], inputs.Count > 3 ? inputs[3] : null, conv.WeightAxes(inputs[1].Shape.Rank).Out);
        return [b.Add(conv, data, weights)];
    }
}
