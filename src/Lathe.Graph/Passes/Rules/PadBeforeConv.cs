using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>
/// A convolution's padding becomes a Pad before it, so that its kernel needs no bounds checks; the Pad is fused into what
/// computes the data, which stores it inside of a frame of zeros.
/// </summary>
public sealed class PadBeforeConv : Rule<Conv>
{
    protected override Value? Apply(Node node, Conv op, RewriteContext context)
    {
        if (op.Layout != Layout.ChannelsLast || !op.Window.HasPadding || op.Window.Rank > 2)
            return null;
        var none = Enumerable.Repeat(0L, op.Window.Rank).ToEquatableArray();
        var pad = new Pad([0, .. op.Window.PadsBefore, 0], [0, .. op.Window.PadsAfter, 0]);
        return context.Builder.Add(op with { Window = op.Window with { PadsBefore = none, PadsAfter = none } }, context.Builder.Add(pad, node.Inputs[0]), node.Inputs[1]);
    }
}
