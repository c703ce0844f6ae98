using Lathe.Formats.TFLite.Exporting.Ops;
using Lathe.Formats.TFLite.Exporting.Writers;
using Lathe.Formats.TFLite.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Exporting.Rules;

/// <summary>A constant for each channel that is added to a convolution or a dense layer goes into its operator.</summary>
internal sealed class FuseBias : Rule<Add>
{
    protected override Value? Apply(Node node, Add op, RewriteContext context)
    {
        for (int side = 0; side < 2; side++)
        {
            var (sum, bias) = (node.Inputs[side], node.Inputs[1 - side]);
            if (bias.Constant is not { } tensor || !TakesBias(sum.Node) || !context.IsUsedOnce(sum) || sum.Type != node.Output.Type || !IsPerChannel(tensor, sum.Shape))
                continue;
            var vector = context.Builder.Constant(tensor.Reshape([sum.Shape[^1]]));
            return context.Builder.Add(new Fused(sum.Op, HasBias: true, ActivationKind.None), [.. sum.Node.Inputs, vector]);
        }
        return null;
    }

    private static bool TakesBias(Node node) => node.Output.Element == DType.Float32 && node.Op switch
    {
        // Of volumes TensorFlow Lite compares the bias with the wrong axis of the weights.
        Conv { Layout: Layout.ChannelsLast } or ConvTranspose { Layout: Layout.ChannelsLast, Window.Rank: 2 } => true,
        _ => ProductWriters.IsLayer(node),
    };

    private static bool IsPerChannel(Tensor bias, Shape shape) => bias.Count == shape[^1].Value && bias.Shape.Rank >= 1 && bias.Shape[^1].Value == bias.Count;
}
