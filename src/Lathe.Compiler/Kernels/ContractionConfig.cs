using Lathe.Compilation.Scheduling;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>How a contraction is cut: this record is its tuning space.</summary>
/// <param name="Rows">Output places in a register tile.</param>
/// <param name="Vectors">Vectors of columns in a register tile; their columns are a panel of the packed weights.</param>
/// <param name="Tiles">Register tiles in a block whose data stays in the second-level cache while panels pass by.</param>
/// <param name="Unroll">Steps of the reduction in one turn of the inner loop.</param>
internal sealed record ContractionConfig(int Rows, int Vectors, long Tiles, int Unroll)
{
    /// <summary>
    /// The default by a small model of the core: a tile's step takes as long as its multiply-adds or its loads, whichever is
    /// more, and partly empty tiles and vectors count in full.
    /// </summary>
    public static ContractionConfig For(Contraction work, MachineFacts machine)
    {
        int lanes = machine.Lanes(work.Element);
        int registers = machine.VectorBytes == 0 ? 12 : machine.VectorRegisters;
        var best = (Cost: double.MaxValue, Rows: 1, Vectors: 1);
        for (int vectors = 1; vectors <= 8; vectors++)
        {
            if (vectors > 1 && (vectors - 1) * lanes >= work.Columns)
                break;
            for (int rows = 1; rows <= Math.Min(work.Width, 14) && (rows * vectors) + vectors + 1 <= registers; rows++)
            {
                double cost = Cost(work, rows, vectors, lanes);
                if (cost < best.Cost)
                    best = (cost, rows, vectors);
            }
        }
        long tileBytes = best.Rows * work.Depth * work.Element.Size * Math.Max(1, work.KernelHeight);
        long tilesInCache = Math.Max(1, machine.L2Bytes / 2 / Math.Max(1, tileBytes));
        long tilesInAll = work.Height * DivideUp(work.Width, best.Rows);
        long panels = work.Groups * DivideUp(work.Columns, best.Vectors * lanes);
        long wanted = machine.Threads == 1 ? 1 : DivideUp(machine.Threads * 8L, panels * work.Images);
        long tiles = Math.Max(1, Math.Min(tilesInCache, DivideUp(tilesInAll, wanted)));
        int unroll = work.Depth % 4 == 0 ? 4 : work.Depth <= 4 ? (int)work.Depth : work.Depth % 2 == 0 ? 2 : 1;
        return new(best.Rows, best.Vectors, DivideUp(tilesInAll, DivideUp(tilesInAll, tiles)), unroll);
    }

    public static long DivideUp(long a, long b) => (a + b - 1) / b;

    private static double Cost(Contraction work, int rows, int vectors, int lanes)
    {
        long tiles = DivideUp(work.Width, rows);
        long panel = vectors * lanes;
        long panels = work.Columns / panel;
        double cost = panels * Step(rows, vectors);
        if (work.Columns % panel is > 0 and var rest)
            cost += Step(rows, (int)DivideUp(rest, lanes));
        return cost * tiles;
    }

    /// <summary>
    /// Cycles of one reduction step of a tile, in units of one vector multiply-add: eight must be in flight to hide their latency;
    /// a vector load takes a slot and a broadcast half of one; and the loop itself costs a little.
    /// </summary>
    private static double Step(int rows, int vectors) => Math.Max(Math.Max(rows * vectors, 8), vectors + (rows * 0.5)) + 0.5;
}
