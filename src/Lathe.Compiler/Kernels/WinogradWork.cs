using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>A convolution cut into tiles of a size: what is to be done.</summary>
internal sealed class WinogradWork(Node conv, int tileHeight, int tileWidth)
{
    public WinogradTransform Vertical { get; } = WinogradTransform.Of(tileHeight);

    public WinogradTransform Horizontal { get; } = WinogradTransform.Of(tileWidth);

    /// <summary>Matrix products over the channels, one for each pair of points.</summary>
    public int Products => Vertical.Size * Horizontal.Size;

    public long Images { get; } = conv.Output.Shape[0].Value;

    public long Height { get; } = conv.Output.Shape[1].Value;

    public long Width { get; } = conv.Output.Shape[2].Value;

    public long Inputs { get; } = conv.Inputs[0].Shape[3].Value;

    public long Columns { get; } = conv.Output.Shape[3].Value;

    public long TilesDown => ContractionConfig.DivideUp(Height, Vertical.Outputs);

    public long TilesAcross => ContractionConfig.DivideUp(Width, Horizontal.Outputs);

    public long TilesInImage => TilesDown * TilesAcross;

    /// <summary>Tiles of all images.</summary>
    public long Tiles => Images * TilesInImage;

    /// <summary>
    /// So many elements of float32, rounded up to an odd number of cache lines: rows of such a length start at all places of a cache in turn, where
    /// those of a power of two would compete for a few.
    /// </summary>
    public static long Spread(long elements, MachineFacts machine)
    {
        long line = machine.LineBytes / DType.Float32.Size;
        return (ContractionConfig.DivideUp(elements, line) | 1) * line;
    }

    /// <summary>One of the matrix products of a block of tiles.</summary>
    public Contraction Product(long blockTiles) => new(1, 1, blockTiles, Columns, Inputs, 1, 1, 1, DType.Float32);
}
