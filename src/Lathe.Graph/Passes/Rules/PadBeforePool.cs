using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>
/// The padding of a max pool of floats becomes a Pad with minus infinity before it, where nothing else reads what is computed before it: that is stored
/// inside of its padding, and the pool needs no bounds checks. Only as much is padded as windows reach.
/// </summary>
public sealed class PadBeforePool : Rule<MaxPool>
{
    protected override Value? Apply(Node node, MaxPool op, RewriteContext context)
    {
        var (x, window) = (node.Inputs[0], op.Window);
        if (op.Layout != Layout.ChannelsLast || !window.HasPadding || window.Rank > 2 || window.PadsBefore.Concat(window.PadsAfter).Any(p => p < 0)
            || !x.Element.IsFloat || !x.Shape.IsKnown || x.Shape.ElementCount == 0 || x.Op is Input or Constant || !context.IsUsedOnce(x))
            return null;
        long After(int axis)
        {
            long reach = ((node.Output.Shape[axis + 1].Value - 1) * window.Strides[axis]) + window.Span(axis);
            return Math.Max(0, reach - window.PadsBefore[axis] - x.Shape[axis + 1].Value);
        }
        var none = Enumerable.Repeat(0L, window.Rank).ToEquatableArray();
        var pad = new Pad([0, .. window.PadsBefore, 0], [0, .. Enumerable.Range(0, window.Rank).Select(After), 0], PadMode.Constant, double.NegativeInfinity);
        return context.Builder.Add(op with { Window = window with { PadsBefore = none, PadsAfter = none } }, context.Builder.Add(pad, x));
    }
}
