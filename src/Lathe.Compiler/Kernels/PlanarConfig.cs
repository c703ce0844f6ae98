using Lathe.Compilation.Scheduling;

namespace Lathe.Compilation.Kernels;

/// <summary>How a convolution with vectors along image rows is cut.</summary>
/// <param name="Columns">Output channels in a register tile.</param>
/// <param name="Vectors">Vectors of places in a register tile.</param>
/// <param name="Strip">Places of a row whose data is turned and kept together.</param>
internal sealed record PlanarConfig(int Columns, int Vectors, long Strip)
{
    private const int MaxVectors = 8;

    /// <summary>What lines may take of a thread's frame and of the second-level cache.</summary>
    private const long LineBytes = 256 << 10;

    /// <summary>Strips that fit no cache are not worth having.</summary>
    private const long MostLineBytes = 768 << 10;

    /// <summary>The cheapest register tile, in strips of the largest size whose lines stay in the cache.</summary>
    public static PlanarConfig For(PlanarWork work, MachineFacts machine) => Space(work, machine).First();

    public static IEnumerable<PlanarConfig> Space(PlanarWork work, MachineFacts machine) =>
        from shape in TileShapes(work, machine).OrderBy(t => Cost(work, t.Columns, t.Vectors, machine)).Take(6)
        from strip in Strips(work, (long)shape.Vectors * machine.Lanes(work.Element))
        select new PlanarConfig(shape.Columns, shape.Vectors, strip);

    /// <summary>Whether the lines of one register tile can be kept at all.</summary>
    public static bool Fits(PlanarWork work, int lanes) => work.LineBytes(lanes) <= MostLineBytes;

    /// <summary>
    /// Cycles for each place, in units of a vector multiply-add: the steps of its tiles, data turned (a shuffle or so for two elements), and stores.
    /// </summary>
    public static double CyclesPerPlace(PlanarWork work, MachineFacts machine)
    {
        double tiles = TileShapes(work, machine).Min(t => Cost(work, t.Columns, t.Vectors, machine));
        return (tiles / work.Width) + (0.5 * work.Channels * Math.Min(work.StrideDown, work.Span)) + (0.75 * work.Columns);
    }

    public static PlanarConfig Of(Schedule schedule) => new((int)schedule["columns"], (int)schedule["vectors"], schedule["strip"]);

    public Schedule ToSchedule(string generator) => new(generator, [new("columns", Columns), new("vectors", Vectors), new("strip", Strip)]);

    private static IEnumerable<(int Columns, int Vectors)> TileShapes(PlanarWork work, MachineFacts machine)
    {
        int lanes = machine.Lanes(work.Element);
        int registers = machine.VectorBytes == 0 ? 12 : machine.VectorRegisters;
        return
            from groups in Enumerable.Range(1, (int)work.Columns)
            let columns = (int)ContractionConfig.DivideUp(work.Columns, groups)
            where groups == 1 || columns < (int)ContractionConfig.DivideUp(work.Columns, groups - 1)
            from vectors in Enumerable.Range(1, MaxVectors)
            where (long)vectors * lanes <= work.Width && (columns * vectors) + vectors + 1 <= registers
            select (columns, vectors);
    }

    /// <summary>
    /// Cycles of a row of places. A step takes its multiply-adds, at least eight of them to hide their latency, or its loads: a vector that is not
    /// aligned takes about one and a half slots, a weight half of one.
    /// </summary>
    private static double Cost(PlanarWork work, int columns, int vectors, MachineFacts machine)
    {
        long tiles = ContractionConfig.DivideUp(work.Width, (long)vectors * machine.Lanes(work.Element));
        double Step(int c) => Math.Max(Math.Max(c * vectors, 8), (vectors * 1.5) + (c * 0.5)) + 0.5;
        double step = work.Columns / columns * Step(columns);
        if (work.Columns % columns is > 0 and var rest)
            step += Step((int)rest);
        return step * tiles * work.Reduction;
    }

    private static IEnumerable<long> Strips(PlanarWork work, long tile)
    {
        long strips = 1;
        while (work.LineBytes(work.Width / strips) > LineBytes && work.Width / (strips + 1) >= tile)
            strips++;
        foreach (long count in new[] { strips, strips * 2, strips * 4 })
        {
            long strip = Math.Min(work.Width, ContractionConfig.DivideUp(ContractionConfig.DivideUp(work.Width, count), tile) * tile);
            if (count == strips || strip * (count - 1) < work.Width)
                yield return strip;
        }
    }
}
