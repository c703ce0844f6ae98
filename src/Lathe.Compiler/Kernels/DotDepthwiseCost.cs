using Lathe.Compilation.Scheduling;
using Lathe.Graphs.Ops;
using Lathe.Loops;

namespace Lathe.Compilation.Kernels;

/// <summary>Which tile a depthwise convolution of bytes keeps in registers.</summary>
internal static class DotDepthwiseCost
{
    private const int MaxRows = 4;
    private const int MaxPlaces = 8;

    /// <summary>Instructions for a vector of results: to bring it into order, scale it and store it.</summary>
    private const double StoreCost = 14;

    /// <summary>Sums of a vector of bytes take four registers.</summary>
    private const int Vectors = 4;

    public static DepthwiseConfig Best(Window window, long height, long width, MachineFacts machine) =>
        All(window, height, width, machine).MinBy(c => Cost(c, window, height, width))!;

    /// <summary>All tiles whose sums leave registers for the words of a column, or a single place.</summary>
    public static IEnumerable<DepthwiseConfig> All(Window window, long height, long width, MachineFacts machine) =>
        from rows in Enumerable.Range(1, (int)Math.Min(MaxRows, window.Rank == 2 ? height : 1))
        from places in Enumerable.Range(1, (int)Math.Min(MaxPlaces, width))
        where rows * places == 1 || (rows * places * Vectors) + 7 <= machine.VectorRegisters
        select new DepthwiseConfig(rows, places);

    /// <summary>Instructions for a vector of channels; two run in a cycle, but one shuffle. Tiles that overlap count in full.</summary>
    private static double Cost(DepthwiseConfig config, Window window, long height, long width)
    {
        var rows = new DepthwiseRows(window, config.Rows);
        long columns = Math.Min(config.Places * window.Kernel[^1], ((config.Places - 1) * window.Strides[^1]) + ((window.Kernel[^1] - 1) * window.Dilations[^1]) + 1);
        double shuffles = rows.Quads * columns * 2 * Vectors;
        double dots = Enumerable.Range(0, config.Rows).Sum(r => Enumerable.Range(0, rows.Quads).Count(q => rows.Uses(r, q))) * window.Kernel[^1] * config.Places * Vectors;
        double stores = config.Rows * config.Places * Vectors * StoreCost;
        return Math.Max(shuffles + (config.Rows * config.Places * 2 * Vectors), (shuffles + dots + stores + (rows.Quads * columns * Dot4.Width)) / 2)
            * ContractionConfig.DivideUp(height, config.Rows) * ContractionConfig.DivideUp(width, config.Places);
    }
}
