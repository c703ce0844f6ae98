using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// A matrix product in the form that the generator takes: for each image, output place and group, a row of columns is the
/// product of a window of the data and the weights. A plain matrix product is an image of one row with a 1x1 window.
/// </summary>
/// <param name="Images">Independent products with data and weights of their own.</param>
/// <param name="Height">Output rows of an image; images that share their weights are one below the other.</param>
/// <param name="Width">Output places in a row.</param>
/// <param name="Columns">Output columns (channels) of a group.</param>
/// <param name="Depth">Input channels of a group.</param>
/// <param name="KernelHeight">The window's rows.</param>
/// <param name="KernelWidth">The window's columns.</param>
/// <param name="Groups">Groups of channels.</param>
/// <param name="Element">The element type of data, weights and accumulators.</param>
internal sealed record Contraction(
    long Images, long Height, long Width, long Columns, long Depth, long KernelHeight, long KernelWidth, long Groups, DType Element)
{
    public long Macs => Images * Height * Width * Columns * Groups * Reduction;

    /// <summary>Data elements from what a place reads to what the next one reads.</summary>
    public long PlaceStride { get; init; } = Depth * Groups;

    /// <summary>Whether a tile also sums up the data of each of its places, in a vector of its own.</summary>
    public bool SumsData { get; init; }

    /// <summary>Bytes of a weight in memory.</summary>
    public double WeightBytes { get; init; } = Element.Size;

    /// <summary>A panel of weights is so many vectors of columns, or a multiple of them.</summary>
    public int PanelVectors { get; init; } = 1;

    /// <summary>Output places of an image.</summary>
    public long Places => Height * Width;

    /// <summary>Products summed for one output element.</summary>
    public long Reduction => Depth * KernelHeight * KernelWidth;
}
