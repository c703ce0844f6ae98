using Lathe.Compilation.Scheduling;
using Lathe.Targets;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// A small model of a core: what a convolution takes by Winograd's method, or as it is defined, in cycles of one vector multiply-add each.
/// Weights that are too large for the second-level cache are read while multiplying, so that the longer of the two counts.
/// </summary>
internal static class WinogradCost
{
    /// <summary>Filling the sums of a register tile with zeros, storing them, and what the loop around it takes.</summary>
    private const double RegisterTileCycles = 10, SumCycles = 2;

    /// <summary>Cycles, for each thread, until all have ended a loop and begun the next.</summary>
    private const double BarrierCycles = 2000;

    public static double Cycles(WinogradWork work, WinogradConfig config, MachineFacts machine)
    {
        int lanes = machine.Lanes(DType.Float32);
        var (rows, vectors) = (config.Products.Rows, config.Products.Vectors);
        long blocks = ContractionConfig.DivideUp(work.Tiles, config.BlockTiles);
        long jobs = ContractionConfig.DivideUp(config.BlockTiles, config.JobTiles);
        long panels = ContractionConfig.DivideUp(work.Columns, (long)vectors * lanes);
        long rest = work.Columns % ((long)vectors * lanes);

        double tilesOfJob = ContractionConfig.DivideUp(config.JobTiles, rows);
        long part = config.Across > 0 ? config.Across : config.Steps;
        double sums = part == 0 ? 1 : 2.0 * work.Inputs / part;
        double again = ReadsAgain(work, config, machine) && part == 0 ? work.Inputs * machine.VectorBytes / machine.Rates.NearBytes : 0;
        double RegisterTile(long v) => (work.Inputs * Step(rows, v, machine.Rates)) + (v * again) + (Math.Ceiling(sums / 2) * RegisterTileCycles) + (sums * SumCycles * rows * v);
        double products = jobs * tilesOfJob * work.Products
            * ((work.Columns / (vectors * lanes) * RegisterTile(vectors)) + (rest > 0 ? RegisterTile(ContractionConfig.DivideUp(rest, lanes)) : 0));
        double data = config.BlockTiles * VectorPieces.Count(work.Inputs, lanes) * DataCycles(work);
        if (config.Across > 0)
            products += work.Vertical.Size * work.Inputs * ContractionConfig.DivideUp(work.Columns, lanes) * AcrossCycles(work);
        double back = jobs * config.JobTiles * VectorPieces.Count(work.Columns, lanes) * BackCycles(work);

        double compute = config.BlocksApart
            ? ContractionConfig.DivideUp(blocks, machine.Threads) * (data + products + back)
            : blocks * ((data / machine.Threads) + ((products + back) * Share(panels * jobs, machine.Threads)) + (machine.Threads > 1 ? 2 * BarrierCycles * machine.Threads : 0));
        double bytes = 4.0 * (config.Across > 0 ? work.Vertical.Size * work.Horizontal.Taps : work.Weights) * work.Inputs * panels * vectors * lanes;
        compute += DataAgainCycles(work, config, machine) * blocks * (panels - 1) / machine.Threads;
        compute += config.BlocksApart ? 0 : blocks * OthersData(work, config, panels * jobs, machine) / machine.Rates.OthersBytes;
        double readings = jobs * (config.BlocksApart ? ContractionConfig.DivideUp(blocks, machine.Threads) : blocks);
        // Products that use the weights of the one before ask for nothing new meanwhile.
        double beside = compute * work.Weights / work.Products;
        return WithWeights(beside, bytes, readings, config.BlocksApart ? 1 : machine.Threads, machine) + compute - beside;
    }

    /// <summary>Whether a product's weights are more than stay in the first-level cache from one register tile of a job to the next.</summary>
    public static bool ReadsAgain(WinogradWork work, WinogradConfig config, MachineFacts machine) =>
        config.JobTiles > config.Products.Rows && work.Inputs * config.Products.Vectors * machine.VectorBytes > machine.L1Bytes / 2;

    /// <summary>The same convolution by the direct method, whose register tiles lose 4% of the multiply-adds' peak.</summary>
    public static double DirectCycles(WinogradWork work, MachineFacts machine)
    {
        const double loss = 1.04;
        double vectors = ContractionConfig.DivideUp(work.Columns, machine.Lanes(DType.Float32));
        double window = work.Vertical.Taps * work.Horizontal.Taps;
        double steps = window * work.Inputs * work.Images * work.Height * work.Width * vectors * loss;
        return WithWeights(steps / machine.Threads, 4.0 * window * work.Inputs * work.Columns, 1, machine.Threads, machine);
    }

    /// <summary>Arithmetic and the reading of weights beside it: the longer of the two, and a tenth of the other, as neither hides all of the other.</summary>
    private static double Together(double a, double b) => Math.Max(a, b) + (0.1 * Math.Min(a, b));

    /// <summary>
    /// Arithmetic in equal parts, each beside a reading of the weights. The first reading is from memory, others are from the third-level cache where it
    /// holds the weights; small weights stay near.
    /// </summary>
    private static double WithWeights(double compute, double bytes, double readings, int readers, MachineFacts machine)
    {
        double memory = bytes / (machine.Rates.MemoryBytes * machine.Rates.MemoryReaders(readers));
        if (bytes <= machine.L2Bytes / 2.0)
            return Together(compute, memory);
        double again = bytes <= machine.L3Bytes / 2.0 ? bytes / (machine.Rates.SharedBytes * readers) : memory;
        return Together(compute / readings, memory) + ((readings - 1) * Together(compute / readings, again));
    }

    /// <summary>
    /// What of a block's data comes from the third-level cache when the next panel reads it: more the more of the second level it takes beyond a quarter,
    /// where weights pass through.
    /// </summary>
    private static double DataAgainCycles(WinogradWork work, WinogradConfig config, MachineFacts machine)
    {
        double bytes = 4.0 * config.BlockTiles * work.Products * work.Inputs;
        return bytes * Math.Clamp(((4 * bytes / machine.L2Bytes) - 1) / 3, 0, 1) / machine.Rates.SharedBytes;
    }

    /// <summary>Bytes of a block's data that a thread's jobs read and other threads have transformed.</summary>
    private static double OthersData(WinogradWork work, WinogradConfig config, long jobs, MachineFacts machine) =>
        4.0 * work.Products * work.Inputs * Math.Min(config.BlockTiles, ContractionConfig.DivideUp(jobs, machine.Threads) * config.JobTiles) * (machine.Threads - 1) / machine.Threads;

    /// <summary>The part of the jobs that the busiest thread has.</summary>
    private static double Share(long jobs, int threads) => (double)ContractionConfig.DivideUp(jobs, threads) / jobs;

    /// <summary>Eight multiply-adds must be in flight to hide their latency; loads go beside them, as the machine has it.</summary>
    private static double Step(long rows, long vectors, CoreRates rates) =>
        Math.Max(Math.Max(rows * vectors, 8), (vectors * rates.Load) + (rows * rates.Broadcast)) + 0.5;

    /// <summary>A vector of a tile's data: its operations, and a store of each result, which takes two cycles.</summary>
    private static double DataCycles(WinogradWork work) =>
        (work.Horizontal.Size * work.Vertical.DataOperations) + (work.Vertical.Size * work.Horizontal.DataOperations) + (2 * work.Products);

    /// <summary>A vector of weights that are transformed along rows: operations, and stores that stay in the first-level cache.</summary>
    private static double AcrossCycles(WinogradWork work) => work.Horizontal.WeightOperations + work.Horizontal.Size;

    /// <summary>A vector of a tile's results: a load of each product, operations, and stores with a few operations after them.</summary>
    private static double BackCycles(WinogradWork work) =>
        (work.Horizontal.Size * work.Vertical.OutputOperations) + (work.Vertical.Outputs * work.Horizontal.OutputOperations)
        + work.Products + (4 * work.Vertical.Outputs * work.Horizontal.Outputs);
}
