using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>A convolution cut into tiles of a size: what is to be done.</summary>
internal sealed class WinogradWork(Node conv, int tileHeight, int tileWidth)
{
    public WinogradTransform Vertical { get; } = WinogradTransform.Of(tileHeight, TapsOf(conv, 0), StrideOf(conv));

    public WinogradTransform Horizontal { get; } = WinogradTransform.Of(tileWidth, TapsOf(conv, 1), StrideOf(conv));

    /// <summary>Matrix products over the channels, one for each pair of points.</summary>
    public int Products => Vertical.Size * Horizontal.Size;

    /// <summary>Matrices of transformed weights: products of points that have the same weights share one.</summary>
    public int Weights => Vertical.Weighted * Horizontal.Weighted;

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

    /// <summary>Points down and across whose weights no other point has, and how many points share the last weights.</summary>
    private (int Down, int Across, int ShareDown, int ShareAcross) Points =>
        (Vertical.Weighted - 1, Horizontal.Weighted - 1, Vertical.Size - Vertical.Weighted + 1, Horizontal.Size - Horizontal.Weighted + 1);

    public static int TapsOf(Node conv, int axis) => (int)((Conv)conv.Op).Window.Kernel[axis];

    public static int StrideOf(Node conv) => (int)((Conv)conv.Op).Window.Strides[0];

    /// <summary>The number of the weights of a pair of points.</summary>
    public int WeightAt(int i, int j)
    {
        var (down, across, shareDown, _) = Points;
        if (shareDown == 1)
            return (i * Horizontal.Size) + j;
        return (i < down, j < across) switch
        {
            (true, true) => (i * across) + j,
            (true, false) => (down * across) + i,
            (false, true) => (down * across) + down + j,
            _ => (down * across) + down + across,
        };
    }

    /// <summary>The number of the product of a pair of points. Products of the same weights follow one another, in the order of the weights.</summary>
    public int ProductAt(int i, int j)
    {
        var (down, across, shareDown, shareAcross) = Points;
        if (shareDown == 1)
            return (i * Horizontal.Size) + j;
        int first = down * across, second = first + (down * shareAcross), third = second + (across * shareDown);
        return (i < down, j < across) switch
        {
            (true, true) => (i * across) + j,
            (true, false) => first + (i * shareAcross) + (j - across),
            (false, true) => second + (j * shareDown) + (i - down),
            _ => third + ((i - down) * shareAcross) + (j - across),
        };
    }

    /// <summary>The number of a product's weights.</summary>
    public Expr WeightOf(Expr product)
    {
        var (down, across, shareDown, shareAcross) = Points;
        if (shareDown == 1)
            return product;
        Expr Among(int begin, int count) => Build.Min(Build.Max(product - begin, 0), count);
        int first = down * across, second = first + (down * shareAcross);
        return Among(0, first) + Build.FloorDiv(Among(first, down * shareAcross), shareAcross) + Build.FloorDiv(Among(second, across * shareDown), shareDown);
    }

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
