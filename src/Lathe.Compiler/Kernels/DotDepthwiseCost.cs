using Lathe.Compilation.Scheduling;
using Lathe.Graphs.Ops;
using Lathe.Loops;

namespace Lathe.Compilation.Kernels;

/// <summary>Which tile a depthwise convolution of bytes keeps in registers.</summary>
internal static class DotDepthwiseCost
{
    private const int MaxRows = 4;
    private const int MaxPlaces = 8;

    /// <summary>Instructions for a vector of results: to scale it and to pack and store four together.</summary>
    private const double StoreCost = 6;

    /// <summary>Registers that words and what they are woven of take, beside sums.</summary>
    private const int Working = 13;

    /// <summary>What each place beyond two was measured to cost, as a share: fewer registers are left to work ahead in.</summary>
    private const double Crowding = 0.05;

    /// <summary>Sums of a vector of bytes take four registers.</summary>
    private const int Vectors = 4;

    /// <summary>The tile that costs the least where a weight is made of so many bytes.</summary>
    public static WindowConfig Best(Window window, long height, long width, int parts, MachineFacts machine) =>
        All(window, height, width, machine).MinBy(c => Cost(c, window, height, width, parts))!;

    /// <summary>All tiles whose sums leave registers for the words of a column, or two places at most.</summary>
    public static IEnumerable<WindowConfig> All(Window window, long height, long width, MachineFacts machine) =>
        from rows in Enumerable.Range(1, (int)Math.Min(MaxRows, window.Rank == 2 ? height : 1))
        from places in Enumerable.Range(1, (int)Math.Min(MaxPlaces, width))
        where rows * places <= 2 || (rows * places * Vectors) + Working <= machine.VectorRegisters
        select new WindowConfig(rows, places);

    /// <summary>
    /// Cycles for a vector of channels: two instructions run in one, but a single shuffle and a single load, of which each product needs one for its weights. Tiles
    /// that overlap count in full.
    /// </summary>
    private static double Cost(WindowConfig config, Window window, long height, long width, int parts)
    {
        var rows = new DepthwiseRows(window, config.Rows);
        long columns = Math.Min(config.Places * window.Kernel[^1], ((config.Places - 1) * window.Strides[^1]) + ((window.Kernel[^1] - 1) * window.Dilations[^1]) + 1);
        double shuffles = rows.Quads * columns * 2 * Vectors;
        double dots = Enumerable.Range(0, config.Rows).Sum(r => Enumerable.Range(0, rows.Quads).Count(q => rows.Uses(r, q))) * window.Kernel[^1] * config.Places * Vectors * parts;
        double loads = (rows.Quads * columns * Dot4.Width) + dots;
        double stores = config.Rows * config.Places * Vectors * StoreCost;
        double crowded = 1 + (Crowding * Math.Max(0, (config.Rows * config.Places) - 2));
        return crowded * Math.Max(loads, Math.Max(shuffles + (config.Rows * config.Places * Vectors), (shuffles + dots + stores) / 2))
            * ContractionConfig.DivideUp(height, config.Rows) * ContractionConfig.DivideUp(width, config.Places);
    }
}
