using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Exporting.Rules;

/// <summary>A channels-first image is resized channels-last, where TFLite has an operator for it.</summary>
internal sealed class TurnResize : Rule<Resize>
{
    protected override Value? Apply(Node node, Resize op, RewriteContext context)
    {
        var x = node.Inputs[0];
        if (op.Sizes.Count != 4 || op.Coordinates == CoordinateMode.TfCropAndResize || (op.Sizes[2] == x.Shape[2].Value && op.Sizes[3] == x.Shape[3].Value && op.Scales[3] == 1) || ExportTable.CanWrite(node))
            return null;
        var b = context.Builder;
        var turned = op with { Sizes = [op.Sizes[0], op.Sizes[2], op.Sizes[3], op.Sizes[1]], Scales = [op.Scales[0], op.Scales[2], op.Scales[3], op.Scales[1]] };
        var resized = b.AddNode(turned, b.Add(new Transpose([0, 2, 3, 1]), x));
        return ExportTable.CanWrite(resized) ? b.Add(new Transpose([0, 3, 1, 2]), resized.Output) : null;
    }
}
