using System.Collections.Immutable;

namespace Lathe.Graphs.Ops;

/// <summary>
/// Convolution of quantized data and weights, quantized: round((sum + bias) * scale of x * scale of w / scale of y) + zero point of y. Inputs: x, its scale
/// and zero point, w, its scale and zero point (one, or one an output channel), y's scale and zero point, and maybe an i32 bias.
/// </summary>
public sealed record QLinearConv(Window Window, long Groups, Layout Layout) : CompositeOp
{
    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        ElementTypes.Count(this, [.. inputs.Select(i => i.Type)], 8, 9);
        var sum = b.Add(new ConvInteger(Window, Groups, Layout), inputs[0], inputs[3], inputs[2], inputs[5]);
        int rank = sum.Shape.Rank;
        int channel = ImageAxes.Of(Layout, rank).Channel;
        if (inputs.Count == 9)
            sum = b.Add(new Add(), sum, Integers.Along(b, inputs[8], rank, channel));
        var factor = Integers.Factor(b, inputs[1], 0, inputs[4], channel, inputs[6], rank);
        return [Integers.Requantize(b, sum, factor, inputs[7])];
    }
}
