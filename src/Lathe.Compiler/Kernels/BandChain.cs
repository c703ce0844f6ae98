using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// A depthwise convolution with the 1x1 convolution before it, the one after it, or both, as an inverted residual has them. Between them are
/// rows that never leave the cache.
/// </summary>
internal sealed record BandChain(Group? Expand, Group Depthwise, Group? Project)
{
    public Group Last => Project ?? Depthwise;

    public ContractionForm? ExpandForm { get; } = Expand is null ? null : ContractionForm.Of(Expand.Anchor!);

    public ContractionForm? ProjectForm { get; } = Project is null ? null : ContractionForm.Of(Project.Anchor!);

    public Window Window => ((Conv)Depthwise.Anchor!.Op).Window;

    /// <summary>Images of the batch.</summary>
    public long Images => Depthwise.Inner.Shape[0].Value;

    /// <summary>Output rows of the depthwise convolution.</summary>
    public long Height => Depthwise.Inner.Shape[1].Value;

    /// <summary>Output places in a row of the depthwise convolution.</summary>
    public long Width => Depthwise.Inner.Shape[2].Value;

    public long Channels => Depthwise.Inner.Shape[3].Value;

    /// <summary>The depthwise convolution's data, padding included.</summary>
    public Value Data => Depthwise.Anchor!.Inputs[0];

    /// <summary>Places in a row of the product before the depthwise convolution, without padding.</summary>
    public long DataWidth => Expand!.Inner.Shape[2].Value;

    private int ElementSize => Depthwise.Inner.Element.Size;

    /// <summary>The chain that a group with a producer is.</summary>
    public static BandChain Of(Group group) => DepthwiseKernels.IsDepthwise(group.Anchor!)
        ? new(group.Producer, group, null)
        : new(group.Producer!.Producer, group.Producer, group);

    /// <summary>Data rows that so many output rows read.</summary>
    public long DataRows(long rows) => ((rows - 1) * Window.Strides[0]) + ((Window.Kernel[0] - 1) * Window.Dilations[0]) + 1;

    /// <summary>What is kept between the convolutions where a step takes so many output rows.</summary>
    public long LocalBytes(long rows) => ElementSize * Channels
        * ((Expand is null ? 0 : DataRows(rows) * Data.Shape[2].Value) + (Project is null ? 0 : rows * Width));
}
