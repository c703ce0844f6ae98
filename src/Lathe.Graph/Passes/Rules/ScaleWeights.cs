using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>
/// conv(x * s, w) = conv(x, w * s) where s is computed and has a factor for each channel, as squeeze-and-excitation has before a 1x1 convolution: where the
/// image has more places than there are output channels, there are fewer weights than data.
/// </summary>
public sealed class ScaleWeights : Rule<Conv>
{
    /// <summary>Weights that are computed cannot be packed, and a kernel multiplies them: they must be so many times fewer than the data.</summary>
    private const long Fewer = 2;

    protected override Value? Apply(Node node, Conv conv, RewriteContext context)
    {
        var (data, weights) = (node.Inputs[0], node.Inputs[1]);
        if (conv is not { Layout: Layout.ChannelsLast, Groups: 1, Sum: null } || data.Op is not Mul || weights.Constant is null || !context.IsUsedOnce(data))
            return null;
        if (conv.Window.HasPadding || conv.Window.Kernel.Concat(conv.Window.Strides).Any(extent => extent != 1) || !node.Output.Shape.IsKnown || !data.Shape.IsKnown || data.Shape[0] != 1)
            return null;
        int rank = data.Type.Rank;
        if (data.Node.Inputs.FirstOrDefault(i => i.Constant is null && Patterns.VariesOnlyAlong(i, rank - 1, rank)) is not { } scale)
            return null;
        var x = data.Node.Inputs.First(i => i != scale);
        if (x.Shape != data.Shape || node.Output.Shape.ElementCount < Fewer * node.Output.Shape[^1].Value * node.Output.Shape[^1].Value)
            return null;
        long[] shape = [.. Enumerable.Repeat(1L, rank - 2), scale.Shape.ElementCount, 1];
        var factors = context.Builder.Add(new Reshape(Shape.Of(shape)), scale);
        return context.Builder.Add(conv, x, context.Builder.Add(new Mul(), weights, factors));
    }
}
