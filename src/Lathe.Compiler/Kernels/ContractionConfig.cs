using Lathe.Compilation.Scheduling;
using Lathe.Targets;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>How a contraction is cut into register tiles and blocks.</summary>
/// <param name="Rows">Output places in a register tile.</param>
/// <param name="Vectors">Vectors of columns in a register tile; their columns are a panel of the packed weights.</param>
/// <param name="Tiles">Register tiles in a block whose data stays in the second-level cache while panels pass by.</param>
/// <param name="Unroll">Steps of the reduction in one turn of the inner loop.</param>
/// <param name="Steps">
/// Channels that all tiles of a block sum up before any goes on, so that these channels' weights of a panel stay in the second-level cache and the
/// sums wait in the frame meanwhile; 0 where a tile is summed up at once.
/// </param>
internal sealed record ContractionConfig(int Rows, int Vectors, long Tiles, int Unroll, long Steps = 0)
{
    /// <summary>A panel over one in so many of the second-level cache is summed up in steps, and the weights of a step are no more than one in so many.</summary>
    private const int PanelShare = 4, StepShare = 6;

    /// <summary>
    /// Where a block's results are to stay in the second-level cache too, they and its data take one in so many of it: a residual that is read beside
    /// them, and what the processor fetches by itself, need room.
    /// </summary>
    private const int ResultShare = 8;

    /// <summary>Addresses so far apart have the same place in a second-level cache, whatever its size: 1024 lines in a way or more.</summary>
    private const long WayBytes = 64 << 10;

    /// <summary>With fewer channels in a step, putting the sums away costs more than a percent or two.</summary>
    private const int LeastSteps = 128;

    /// <summary>Sums of a block, or a tile's data, wait in so much of the function's frame at most.</summary>
    public const long FrameBytes = 160 << 10;

    /// <summary>Blocks by panels for each thread, at least.</summary>
    private const long JobsPerThread = 8, SmallJobsPerThread = 16;

    /// <summary>Of more weights than so many times the second level, no more than a quarter would stay there; on several threads, which take panels from one another, less.</summary>
    private const long TurnsReach = 4, TurnsReachOfSeveral = 1;

    /// <summary>With fewer registers to spare, LLVM keeps some of a tile's narrower sums in memory.</summary>
    private const int NarrowRegisters = 4;

    /// <summary>Multiply-adds that must be in flight to hide their latency.</summary>
    private const int InFlight = 8;

    private const int MaxRows = 14;
    private const int MaxVectors = 8;
    private const double StoreCycles = 2;
    private const double PlaceCycles = 16;
    private const double MissCycles = 0.5;

    /// <summary>How much of the time that weights take to come from the second level is not hidden, and what a row of data from there costs beside them (fitted to Ice Lake).</summary>
    private const double NearShare = 0.25, NearRow = 0.1;

    /// <summary>
    /// The default by a small model of the core: a tile's step takes as long as its multiply-adds or its loads, whichever is
    /// more, and partly empty tiles and vectors count in full.
    /// </summary>
    public static ContractionConfig For(Contraction work, MachineFacts machine)
    {
        int lanes = machine.Lanes(work.Element);
        var shapes = TileShapes(work, machine)
            .Where(t => t.Vectors == work.PanelVectors || !TakesTurns(work, machine) || (work.PanelVectors == 1 && work.Reduction * t.Vectors * lanes * work.Element.Size <= machine.L2Bytes / PanelShare));
        var (rows, vectors) = shapes.MinBy(t => Cost(work, t.Rows, t.Vectors, machine));
        long tilesInCache = Math.Max(1, PlacesInCache(work, vectors * lanes, machine) / rows);
        long tilesInAll = TilesInAll(work, rows);
        long panels = work.Groups * DivideUp(work.Columns, vectors * lanes);
        // All places with a panel: what is read once by one thread is not read again by another. With one panel each, none could help another.
        bool even = panels % machine.Threads == 0 && panels > machine.Threads;
        long wanted = machine.Threads == 1 || (even && IsMostlyWeights(work)) ? 1
            : panels == machine.Threads && IsMostlyWeights(work) ? 2
            : DivideUp(JobsWanted(work, machine), panels * work.Images);
        long tiles = Math.Max(1, Math.Min(tilesInCache, DivideUp(tilesInAll, wanted)));
        int unroll = Unrolls(work).First();
        long block = EvenBlocks(tilesInAll, tiles);
        if (StepsOf(work, rows, vectors, tilesInAll, unroll, machine) is > 0 and var whole && (machine.Threads == 1 || even || panels >= 4 * machine.Threads))
            return new(rows, vectors, tilesInAll, unroll, whole);
        return new(rows, vectors, block, unroll, StepsOf(work, rows, vectors, block, unroll, machine));
    }

    /// <summary>All ways that are worth measuring: every tile that fits the registers, blocks around the default's size, and some unrolling.</summary>
    public static IEnumerable<ContractionConfig> Space(Contraction work, MachineFacts machine)
    {
        var preferred = For(work, machine);
        var configs =
            from shape in TileShapes(work, machine)
            let all = TilesInAll(work, shape.Rows)
            let usual = Math.Max(1, preferred.Tiles * preferred.Rows / shape.Rows)
            from tiles in new[] { usual, usual / 4, usual / 2, usual * 2, usual * 4, all }
            from unroll in Unrolls(work)
            let block = EvenBlocks(all, Math.Clamp(tiles, 1, all))
            from steps in new[] { 0, StepsOf(work, shape.Rows, shape.Vectors, block, unroll, machine) }
            select new ContractionConfig(shape.Rows, shape.Vectors, block, unroll, steps);
        return configs.Prepend(preferred).Distinct();
    }

    public static ContractionConfig Of(Schedule schedule) =>
        new((int)schedule["rows"], (int)schedule["vectors"], schedule["tiles"], (int)schedule["unroll"], schedule.Find("steps") ?? 0);

    public Schedule ToSchedule(string generator) =>
        new(generator, [new("rows", Rows), new("vectors", Vectors), new("tiles", Tiles), new("unroll", Unroll), .. Steps == 0 ? Array.Empty<Knob>() : [new("steps", Steps)]]);

    public static long DivideUp(long a, long b) => (a + b - 1) / b;

    /// <summary>
    /// Whether each thread goes through its panels of an only place from the first to the last in one run and back in the next, so that it begins with what is still in the
    /// second-level cache: where it has more weights than surely stay there, but not so many that it hardly matters which of them do. Panels then are small, as
    /// one of which a part is gone is gone as a whole.
    /// </summary>
    public static bool TakesTurns(Contraction work, MachineFacts machine)
    {
        double weights = work.Reduction * work.Columns * work.WeightBytes / machine.Threads;
        return work.Images * work.Places * work.Groups == 1 && weights > machine.L2Bytes / 2 && weights <= machine.L2Bytes * (machine.Threads == 1 ? TurnsReach : TurnsReachOfSeveral);
    }

    /// <summary>
    /// How many sums each element of a tile has, which take the steps of the reduction in turn and are added up at its end: more than one where the tile has fewer sums
    /// than must be in flight.
    /// </summary>
    public static int Ways(Contraction work, int rows, int vectors, int unroll)
    {
        int ways = 1;
        while (work.Element.IsFloat && !work.SumsData && unroll % (2 * ways) == 0 && 2 * ways * rows * vectors <= InFlight)
            ways *= 2;
        return ways;
    }

    /// <summary>
    /// The tiles whose sums, weights and one datum fit the registers; where data are summed up too, also their sums and what they are multiplied by. Where the last
    /// vector of 512 bits is narrower, LLVM needs more.
    /// </summary>
    private static IEnumerable<(int Rows, int Vectors)> TileShapes(Contraction work, MachineFacts machine)
    {
        int lanes = machine.Lanes(work.Element);
        int registers = machine.VectorBytes == 0 ? 12 : machine.VectorRegisters, more = work.SumsData ? 1 : 0;
        return
            from vectors in Enumerable.Range(1, MaxVectors)
            where vectors % work.PanelVectors == 0 && (vectors == work.PanelVectors || (vectors - 1) * lanes < work.Columns)
            let narrow = vectors > 1 && machine.VectorBytes == 64 && IsNarrow(work.Columns % (vectors * lanes), lanes) ? NarrowRegisters : 0
            from rows in Enumerable.Range(1, (int)Math.Min(work.Places, MaxRows))
            where (rows * (vectors + more)) + vectors + 1 + more + narrow <= registers
            select (rows, vectors);
    }

    /// <summary>Whether the last vector of so many columns beyond whole panels needs half of its lanes at most.</summary>
    private static bool IsNarrow(long columns, int lanes) => columns % lanes is > 0 and var rest && rest * 2 <= lanes;

    /// <summary>
    /// Places of a block that stays in the second-level cache. Rows of results are written a panel at a time; where weights stay near, so can these rows until they are
    /// whole. Where weights are no more than the cache holds, what is written meanwhile has room beside the data; where they are more, a block less is worth more than that.
    /// </summary>
    private static long PlacesInCache(Contraction work, long panelColumns, MachineFacts machine)
    {
        long data = work.Depth * Math.Max(1, work.KernelHeight) * work.Element.Size, result = work.Columns * work.Groups * work.Element.Size, weights = work.Reduction * result;
        return weights <= machine.L2Bytes / PanelShare ? machine.L2Bytes / ResultShare / Math.Max(1, data + result)
            : weights <= machine.L2Bytes ? machine.L2Bytes / 2 / Math.Max(1, Room(data, work.PlaceStride * work.Element.Size) + Room(panelColumns * work.Element.Size, result))
            : machine.L2Bytes / 2 / Math.Max(1, data);
    }

    /// <summary>Room in the second-level cache for so many bytes of each of some rows: where rows are a multiple of a power of two apart, they use no other places than such.</summary>
    private static long Room(long bytes, long distance) => Math.Max(bytes, Math.Min(distance & -distance, WayBytes));

    /// <summary>Turns of the inner loop that divide the reduction, the default first.</summary>
    private static IEnumerable<int> Unrolls(Contraction work) =>
        work.Depth <= 4 ? [(int)work.Depth] : new[] { 4, 2, 8, 1 }.Where(u => work.Depth % u == 0);

    /// <summary>The default of <see cref="Steps"/> for a block of so many tiles.</summary>
    private static long StepsOf(Contraction work, int rows, int vectors, long tiles, int unroll, MachineFacts machine)
    {
        long row = (long)vectors * machine.Lanes(work.Element) * work.Element.Size;
        if (!work.Element.IsFloat || tiles < 2 || work.Reduction * row <= machine.L2Bytes / PanelShare || tiles * rows * row > FrameBytes)
            return 0;
        long steps = work.Depth;
        while (steps * row > machine.L2Bytes / StepShare && steps % (2L * unroll) == 0 && steps / 2 >= LeastSteps)
            steps /= 2;
        return steps >= LeastSteps && steps < work.Reduction ? steps : 0;
    }

    /// <summary>Whether weights, which in a run of a whole model come from afar, are so much more than data and results that no thread should read another's.</summary>
    private static bool IsMostlyWeights(Contraction work) =>
        work.Reduction * work.Columns >= 2 * work.Images * work.Places * ((work.Depth * Math.Max(1, work.KernelHeight)) + work.Columns);

    /// <summary>Every block reads all weights again, so that there are more only where weights stay near, and enough to do.</summary>
    private static long JobsWanted(Contraction work, MachineFacts machine)
    {
        long more = machine.Threads * SmallJobsPerThread;
        bool near = work.Reduction * work.Columns * work.Groups * work.Element.Size <= machine.L2Bytes / 2;
        return near && work.Macs >= more * KernelDraft.LeastTaskWork ? more : machine.Threads * JobsPerThread;
    }

    private static long TilesInAll(Contraction work, int rows) => DivideUp(work.Places, rows);

    /// <summary>The size of blocks of near-equal size that are no larger than <paramref name="most"/>.</summary>
    private static long EvenBlocks(long tiles, long most) => DivideUp(tiles, DivideUp(tiles, most));

    /// <summary>Cycles of all tiles: the steps of their sums, their stores, and finding the image row and column of places.</summary>
    private static double Cost(Contraction work, int rows, int vectors, MachineFacts machine)
    {
        int lanes = machine.Lanes(work.Element);
        var tiles = new RowTiles(work.Places, rows);
        bool crosses = tiles.Crosses(work.Width);
        // The more a panel is of the first level, the more of it comes from the second again for each tile.
        double again = Math.Min(1, (double)work.Reduction * vectors * machine.VectorBytes / machine.L1Bytes) * NearShare * machine.VectorBytes / machine.Rates.NearBytes;
        double near = double.IsFinite(machine.Rates.NearBytes) ? NearRow : 0;
        int unroll = Unrolls(work).First();
        double Again(int height, int width) => (again * width) + (near * height);
        double Tile(int height, int width) => (work.Reduction * (Step(height, width + (work.SumsData ? 1 : 0), Ways(work, height, width, unroll), machine.Rates) + Again(height, width) + Misses(work, height, machine)))
            + (height * width * StoreCycles) + ((crosses ? height : 1) * PlaceCycles);
        long panel = vectors * lanes;
        long panels = work.Columns / panel;
        double cost = 0;
        foreach (var (height, begin, end) in tiles.Heights())
        {
            cost += (end - begin) * panels * Tile(height, vectors);
            if (work.Columns % panel is > 0 and var rest)
                cost += (end - begin) * Tile(height, (int)DivideUp(rest, lanes));
        }
        return cost;
    }

    /// <summary>
    /// Cycles of one reduction step of a tile, in units of one vector multiply-add: some must be in flight to hide their latency;
    /// loads go beside them, as the machine has it. What loads there are beside the multiply-adds still costs a little of each,
    /// and so does the loop.
    /// </summary>
    private static double Step(int rows, int vectors, int ways, CoreRates rates) =>
        Math.Max(Math.Max(rows * vectors, (double)InFlight / ways), (vectors * rates.Load) + (rows * rates.Broadcast)) + (0.05 * rows) + (0.06 * vectors) + 0.25;

    /// <summary>
    /// Cycles of a step lost where the lines that a tile's rows read compete for the same few places of the first-level cache, as they do
    /// when the rows' distance is a multiple of a large power of two: then they push each other out before they are read to the end.
    /// </summary>
    private static double Misses(Contraction work, int rows, MachineFacts machine)
    {
        long stride = work.PlaceStride * work.Element.Size;
        if (stride < machine.LineBytes)
            return 0;
        return DivideUp(rows, machine.PlacesAt(stride)) >= machine.L1Ways ? rows * MissCycles : 0;
    }
}
