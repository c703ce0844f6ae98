using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Exporting.Rules;

/// <summary>A pool over a volume is one over its images, and then one across them: greatest elements and means can be taken axis by axis.</summary>
internal sealed class SplitVolumePools : Rule
{
    public override Value? Apply(Node node, RewriteContext context)
    {
        if (node.Output.Type.Rank != 5 || ToLayout.LayoutOf(node.Op) != Layout.ChannelsLast)
            return null;
        (Op Inner, Op Across)? parts = node.Op switch
        {
            MaxPool op => (op with { Window = Inner(op.Window) }, op with { Window = Across(op.Window) }),
            AveragePool op => (
                op with { Window = Inner(op.Window), PadsCounted = op.PadsCounted.Count > 0 ? [.. op.PadsCounted.Skip(1)] : [] },
                op with { Window = Across(op.Window), PadsCounted = op.PadsCounted.Count > 0 ? [op.PadsCounted[0], 0] : [] }),
            _ => null,
        };
        if (parts is not { } pools)
            return null;
        var b = context.Builder;
        var (x, y) = (node.Inputs[0].Shape, node.Output.Shape);
        var inner = b.Add(pools.Inner, b.Add(new Reshape([x[0] * x[1], x[2], x[3], x[4]]), node.Inputs[0]));
        var across = b.Add(pools.Across, b.Add(new Reshape([x[0], x[1], y[2] * y[3], x[4]]), inner));
        return b.Add(new Reshape(y), across);
    }

    private static Window Inner(Window window) => new(
        [.. window.Kernel.Skip(1)], [.. window.Strides.Skip(1)], [.. window.PadsBefore.Skip(1)], [.. window.PadsAfter.Skip(1)], [.. window.Dilations.Skip(1)]);

    private static Window Across(Window window) =>
        new([window.Kernel[0], 1], [window.Strides[0], 1], [window.PadsBefore[0], 0], [window.PadsAfter[0], 0], [window.Dilations[0], 1]);
}
