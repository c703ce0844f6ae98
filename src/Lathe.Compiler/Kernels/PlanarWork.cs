using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>A channels-last convolution of stride 1 along rows, without padding, as its planar kernel sees it; one of one axis has one row.</summary>
/// <param name="Span">Data rows that the window of an output row lies in.</param>
/// <param name="Reach">Data places that the window reaches beyond its first one along a row.</param>
internal sealed record PlanarWork(
    long Images, long Height, long Width, long Columns, long Channels, long KernelHeight, long KernelWidth,
    long StrideDown, long DilationDown, long DilationAcross, DType Element)
{
    public long Reduction => Channels * KernelHeight * KernelWidth;

    public long Span => ((KernelHeight - 1) * DilationDown) + 1;

    public long Reach => (KernelWidth - 1) * DilationAcross;

    public long Macs => Images * Height * Width * Columns * Reduction;

    /// <summary>The lines of data that a strip of that many places needs for an output row.</summary>
    public long LineBytes(long places) => Span * Channels * (places + Reach) * Element.Size;

    /// <summary>The work of a node, or null when vectors cannot run along its rows.</summary>
    public static PlanarWork? Of(Node node)
    {
        if (node.Op is not Conv { Layout: Layout.ChannelsLast, Groups: 1, Sum: null, Window: var window } || node.Inputs[1].Constant is null
            || window.Rank > 2 || window.HasPadding || window.Strides[^1] != 1)
        {
            return null;
        }
        bool oneAxis = window.Rank == 1;
        var shape = node.Output.Shape;
        var work = new PlanarWork(
            shape[0].Value, oneAxis ? 1 : shape[1].Value, shape[^2].Value, shape[^1].Value, node.Inputs[0].Shape[^1].Value,
            oneAxis ? 1 : window.Kernel[0], window.Kernel[^1], oneAxis ? 1 : window.Strides[0], oneAxis ? 1 : window.Dilations[0], window.Dilations[^1],
            node.Output.Element);
        return work.Macs == 0 ? null : work;
    }
}
