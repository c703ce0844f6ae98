using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Exporting.Rules;

/// <summary>Convolutions and pools over one spatial axis become those over images of one row.</summary>
internal sealed class RaiseLinesToImages : Rule
{
    public override Value? Apply(Node node, RewriteContext context)
    {
        if (node.Output.Type.Rank != 3 || ToLayout.LayoutOf(node.Op) != Layout.ChannelsLast)
            return null;
        Op? raised = node.Op switch
        {
            Conv op => op with { Window = Raised(op.Window) },
            ConvTranspose op => op with { Window = Raised(op.Window), OutputPadding = [0, .. op.OutputPadding] },
            MaxPool op => op with { Window = Raised(op.Window) },
            AveragePool op => op with { Window = Raised(op.Window), PadsCounted = op.PadsCounted.Count > 0 ? [0, .. op.PadsCounted] : [] },
            LpPool op => op with { Window = Raised(op.Window) },
            _ => null,
        };
        if (raised is null)
            return null;
        var b = context.Builder;
        var x = node.Inputs[0];
        List<Value> operands = [b.Add(new Reshape([x.Shape[0], 1, x.Shape[1], x.Shape[2]]), x)];
        if (node.Inputs.Length > 1)
            operands.Add(b.Add(new Reshape([1, .. node.Inputs[1].Shape]), node.Inputs[1]));
        return b.Add(new Reshape(node.Output.Shape), b.Add(raised, [.. operands]));
    }

    private static Window Raised(Window window) =>
        new([1, .. window.Kernel], [1, .. window.Strides], [0, .. window.PadsBefore], [0, .. window.PadsAfter], [1, .. window.Dilations]);
}
