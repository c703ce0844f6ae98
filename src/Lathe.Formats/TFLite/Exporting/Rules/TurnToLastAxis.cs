using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;

namespace Lathe.Formats.TFLite.Exporting.Rules;

/// <summary>Ops along an axis that TFLite has along the last one only are put between transposes that bring theirs there and back.</summary>
internal sealed class TurnToLastAxis : Rule
{
    public override Value? Apply(Node node, RewriteContext context)
    {
        int last = node.Output.Type.Rank - 1;
        var (axis, turned) = node.Op switch
        {
            Softmax op => (op.Axis, (Op)new Softmax(last)),
            LogSoftmax op => (op.Axis, new LogSoftmax(last)),
            LpNormalization { P: 2 } op => (op.Axis, op with { Axis = last }),
            _ => (last, node.Op),
        };
        if (axis == last)
            return null;
        // Swapping two axes is its own inverse.
        var swap = new Transpose([.. Enumerable.Range(0, last + 1).Select(a => a == axis ? last : a == last ? axis : a)]);
        return context.Builder.Add(swap, context.Builder.Add(turned, context.Builder.Add(swap, node.Inputs[0])));
    }
}
