using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// A depthwise convolution or a pool with the convolution before it, the 1x1 convolution after it, or both: an inverted residual, or a network's first
/// layers. Between them are rows that never leave the cache.
/// </summary>
/// <param name="Expand">The convolution before the windows; its producer, where it has one, is the picture inside of its padding, by planes.</param>
/// <param name="Windows">The depthwise convolution or pool.</param>
/// <param name="Project">The convolution after it.</param>
internal sealed record BandChain(Group? Expand, Group Windows, Group? Project)
{
    public Group Last => Project ?? Windows;

    public ContractionForm? ExpandForm { get; } = Expand is null ? null : ContractionForm.Of(Expand.Anchor!);

    public ContractionForm? ProjectForm { get; } = Project is null ? null : ContractionForm.Of(Project.Anchor!);

    public Window Window => WindowKernels.WindowOf(Windows.Anchor!);

    /// <summary>Images of the batch.</summary>
    public long Images => Windows.Inner.Shape[0].Value;

    /// <summary>Output rows of the windows.</summary>
    public long Height => Windows.Inner.Shape[1].Value;

    /// <summary>Output places in a row of the windows.</summary>
    public long Width => Windows.Inner.Shape[2].Value;

    public long Channels => Windows.Inner.Shape[3].Value;

    /// <summary>The windows' data, padding included.</summary>
    public Value Data => Windows.Anchor!.Inputs[0];

    /// <summary>Places in a row of the convolution before the windows, without padding.</summary>
    public long DataWidth => Expand!.Inner.Shape[2].Value;

    /// <summary>Data rows under the window of the convolution before.</summary>
    public long FrameRows => ExpandWindow.Span(0);

    public Window ExpandWindow => ((Conv)Expand!.Anchor!.Op).Window;

    /// <summary>The picture inside of its padding that the convolution before reads by planes, a few rows of it at a time; null where it is read from memory.</summary>
    public Group? Frame => Expand?.Producer;

    private int ElementSize => Windows.Inner.Element.Size;

    /// <summary>The chain that a group with a producer is.</summary>
    public static BandChain Of(Group group) => WindowKernels.IsOfWindows(group.Anchor!)
        ? new(group.Producer, group, null)
        : new(group.Producer!.Producer, group.Producer, group);

    /// <summary>Data rows that so many output rows read.</summary>
    public long DataRows(long rows) => ((rows - 1) * Window.Strides[0]) + Window.Span(0);

    /// <summary>Whether the rows of a step that takes so many output rows stay in the second-level cache beside the weights that pass by.</summary>
    public bool Fits(long rows, MachineFacts machine)
    {
        long weights = new[] { Expand, Windows, Project }.OfType<Group>().Sum(g => g.Anchor!.Inputs.Skip(1).Sum(i => i.Shape.ElementCount) * g.Inner.Element.Size);
        long local = LocalBytes(rows);
        return local <= KernelDraft.MostLocalBytes && local + weights <= machine.L2Bytes * 3 / 4;
    }

    /// <summary>What is kept between the convolutions where a step takes so many output rows.</summary>
    public long LocalBytes(long rows) => ElementSize * (
        (Channels * ((Expand is null ? 0 : DataRows(rows) * Data.Shape[2].Value) + (Project is null ? 0 : rows * Width)))
        + (Frame is null ? 0 : FrameRows * Frame.Result.Shape[1].Value * Frame.Result.Shape[3].Value));
}
