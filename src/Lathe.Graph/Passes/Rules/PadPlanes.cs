using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>
/// The padding of an image that was turned channels-last for a convolution of a few channels is put around the image as it was, by planes: rows are
/// copied whole, and the convolution reads the planes in place.
/// </summary>
public sealed class PadPlanes : Rule<Conv>
{
    /// <summary>Each channel is a stream of memory of its own; vectors along so few could not be full anyway.</summary>
    private const long MostPlanes = 4;

    /// <summary>
    /// Whether a convolution broadcasts single data of so few channels that it may read each as a plane. With strides, it is always summed up as it is
    /// defined.
    /// </summary>
    public static bool ReadsPlanes(Node node) =>
        node is { Op: Conv { Layout: Layout.ChannelsLast, Groups: 1, Sum: null, Window: { Rank: <= 2, Strides: [.., > 1] } } }
        && node.Inputs[0] is { Element.IsFloat: true, Shape: { IsKnown: true } data } && data[^1].Value <= MostPlanes
        && node.Inputs[1].Constant is not null;

    /// <summary>Whether a value is an image of planes turned channels-last.</summary>
    public static bool TurnsPlanes(Value value) =>
        value.Op is Transpose transpose && transpose.Permutation.SequenceEqual(ToLayout.Turn(Layout.ChannelsLast, value.Type.Rank));

    protected override Value? Apply(Node node, Conv op, RewriteContext context)
    {
        var padded = node.Inputs[0];
        if (!ReadsPlanes(node) || padded.Op is not Pad pad || padded.Node.Inputs[0] is not { Op: Transpose turn } image || !TurnsPlanes(image) || !context.IsUsedOnce(image))
            return null;
        EquatableArray<long> ByPlanes(EquatableArray<long> axes) => [.. Enumerable.Range(0, axes.Count).Select(axis => axes[turn.Permutation.AsSpan().IndexOf(axis)])];
        var planes = context.Builder.Add(pad with { Before = ByPlanes(pad.Before), After = ByPlanes(pad.After) }, image.Node.Inputs[0]);
        return context.Builder.Add(op, context.Builder.Add(turn, planes), node.Inputs[1]);
    }
}
