using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>How a convolution by Winograd's method is cut.</summary>
/// <param name="BlockTiles">Tiles whose transformed data is in the cache at a time.</param>
/// <param name="JobTiles">Tiles of a block that a job multiplies with a panel of columns; at least the rows of a register tile.</param>
/// <param name="Products">The register tile of the matrix products.</param>
internal sealed record WinogradConfig(long BlockTiles, long JobTiles, ContractionConfig Products)
{
    /// <summary>Products of a job's tiles wait in so much of the function's frame to be transformed back.</summary>
    private const long JobBytes = 160 << 10;

    /// <summary>The default: the transformed data of a block takes three quarters of the second-level cache.</summary>
    public static WinogradConfig For(Node conv, MachineFacts machine)
    {
        long tiles = TilesOf(conv);
        long inCache = Math.Max(1, machine.L2Bytes * 3 / 4 / (4 * WinogradTransform.Products * conv.Inputs[0].Shape[3].Value));
        long blockTiles = ContractionConfig.DivideUp(tiles, ContractionConfig.DivideUp(tiles, inCache));
        return WithBlocks(blockTiles, ContractionConfig.For(ProductsOf(conv, blockTiles), machine), machine);
    }

    /// <summary>Blocks of half, once and twice the default's size, with every register tile for each.</summary>
    public static IEnumerable<WinogradConfig> Space(Node conv, MachineFacts machine)
    {
        var preferred = For(conv, machine);
        long tiles = TilesOf(conv);
        var configs =
            from size in new[] { preferred.BlockTiles, preferred.BlockTiles / 2, preferred.BlockTiles * 2 }
            let blockTiles = Math.Clamp(size, 1, tiles)
            from products in ContractionConfig.Space(ProductsOf(conv, blockTiles), machine)
            select WithBlocks(blockTiles, products with { Tiles = 1 }, machine);
        return configs.Prepend(preferred).Distinct();
    }

    public static WinogradConfig Of(Schedule schedule) => new(
        schedule["block"], schedule["job"], new((int)schedule["rows"], (int)schedule["vectors"], 1, (int)schedule["unroll"]));

    public Schedule ToSchedule(string generator) => new(
        generator,
        [new("block", BlockTiles), new("job", JobTiles), new("rows", Products.Rows), new("vectors", Products.Vectors), new("unroll", Products.Unroll)]);

    private static WinogradConfig WithBlocks(long blockTiles, ContractionConfig products, MachineFacts machine)
    {
        long columns = (long)products.Vectors * machine.Lanes(DType.Float32);
        long tilesInJob = JobBytes / (4 * WinogradTransform.Products * columns) / products.Rows * products.Rows;
        return new(blockTiles, Math.Clamp(tilesInJob, products.Rows, blockTiles), products with { Tiles = 1 });
    }

    /// <summary>One of the matrix products of a block.</summary>
    private static Contraction ProductsOf(Node conv, long blockTiles) =>
        new(1, 1, blockTiles, conv.Output.Shape[3].Value, conv.Inputs[0].Shape[3].Value, 1, 1, 1, DType.Float32);

    private static long TilesOf(Node conv) =>
        ContractionConfig.DivideUp(conv.Output.Shape[1].Value, WinogradTransform.Outputs) * ContractionConfig.DivideUp(conv.Output.Shape[2].Value, WinogradTransform.Outputs);
}
