using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>How a convolution by Winograd's method is cut.</summary>
/// <param name="TileHeight">Rows of outputs of a tile.</param>
/// <param name="TileWidth">Columns of outputs of a tile.</param>
/// <param name="BlockTiles">Tiles whose transformed data is in the cache at a time.</param>
/// <param name="JobTiles">Tiles of a block that are multiplied with a panel of columns and then transformed back; at least the rows of a register tile.</param>
/// <param name="BlocksApart">Each thread has its own blocks; otherwise all threads work on one block, first on its tiles and then on its panels.</param>
/// <param name="Products">The register tile of the matrix products.</param>
/// <param name="Across">
/// Input channels whose weights the kernel transforms along rows at a time, so that they are still in the first-level cache when they are multiplied;
/// memory holds them transformed along columns only. Then all tiles are one job, and its register tiles are whole. 0 where memory holds them transformed.
/// </param>
/// <param name="Steps">
/// Input channels that all register tiles of a job sum up before any goes on, so that these channels' weights of a product stay in the first-level cache
/// until the last tile has read them. Then register tiles are whole. 0 where a product is summed up at once.
/// </param>
internal sealed record WinogradConfig(
    int TileHeight, int TileWidth, long BlockTiles, long JobTiles, bool BlocksApart, ContractionConfig Products, long Across = 0, long Steps = 0)
{
    /// <summary>The most configs of <see cref="Space"/>: those that are expected to be slower need no measuring.</summary>
    private const int SpaceSize = 256;

    /// <summary>Products of a job's tiles wait in so much of the function's frame to be transformed back.</summary>
    private const long JobBytes = 160 << 10;

    /// <summary>The same where tiles take some channels at a time: the more tiles, the more often weights are used that are in the first-level cache.</summary>
    private const long StepJobBytes = 240 << 10;

    /// <summary>Fewer channels at a time would have sums come and go too often.</summary>
    private static readonly int[] AcrossSizes = [32, 16, 8];

    /// <summary>With fewer channels in a step, sums come and go too often.</summary>
    private const int LeastSteps = 32;

    /// <summary>Channels in a turn of a step, which is short.</summary>
    private const int StepUnroll = 8;

    private const int MaxRows = 14;
    private const int MaxVectors = 6;

    /// <summary>The config that <see cref="WinogradCost"/> gives the least time, with that time in cycles.</summary>
    public static (WinogradConfig Config, double Cycles) For(Node conv, MachineFacts machine) => Candidates(conv, machine).MinBy(c => c.Cycles);

    /// <summary>The configs of the least expected times, the default first.</summary>
    public static IEnumerable<WinogradConfig> Space(Node conv, MachineFacts machine) =>
        Candidates(conv, machine).OrderBy(c => c.Cycles).Select(c => c.Config).Distinct().Take(SpaceSize);

    public static WinogradConfig Of(Schedule schedule) => new(
        (int)schedule["height"], (int)schedule["width"], schedule["block"], schedule["job"], schedule["apart"] != 0,
        new((int)schedule["rows"], (int)schedule["vectors"], 1, (int)schedule["unroll"]), schedule.Find("across") ?? 0, schedule.Find("steps") ?? 0);

    public Schedule ToSchedule(string generator) => new(
        generator,
        [
            new("height", TileHeight), new("width", TileWidth), new("block", BlockTiles), new("job", JobTiles), new("apart", BlocksApart ? 1 : 0),
            new("rows", Products.Rows), new("vectors", Products.Vectors), new("unroll", Products.Unroll),
            .. Across == 0 ? Array.Empty<Knob>() : [new("across", Across)],
            .. Steps == 0 ? Array.Empty<Knob>() : [new("steps", Steps)],
        ]);

    /// <summary>All tiles of outputs, register tiles and blocks that make sense, with the cycles that are expected of them.</summary>
    public static IEnumerable<(WinogradConfig Config, double Cycles)> Candidates(Node conv, MachineFacts machine) =>
        TileExtents(conv, axis: 0)
            .SelectMany(height => TileExtents(conv, axis: 1).SelectMany(width => Candidates(new WinogradWork(conv, height, width), machine)));

    private static IEnumerable<(WinogradConfig Config, double Cycles)> Candidates(WinogradWork work, MachineFacts machine)
    {
        int unroll = Unroll(work);
        foreach (var (rows, vectors) in RegisterTiles(work, machine))
        {
            foreach (var (block, inCache) in Blocks(work, rows, machine))
            {
                foreach (bool apart in machine.Threads > 1 && block < work.Tiles && inCache ? new[] { false, true } : [false])
                {
                    foreach (long job in Jobs(work, block, rows, vectors, apart, machine))
                    {
                        var whole = new WinogradConfig(work.Vertical.Outputs, work.Horizontal.Outputs, block, job, apart, new(rows, vectors, 1, unroll));
                        foreach (long channels in Acrosses(work, whole, machine))
                            yield return Costed(whole with { Across = channels });
                        if (Stepped(work, whole, machine) is { } stepped)
                            yield return Costed(stepped);
                    }
                }
            }
        }

        (WinogradConfig, double) Costed(WinogradConfig config) => (config, WinogradCost.Cycles(work, config, machine));
    }

    private static IEnumerable<int> TileExtents(Node conv, int axis) =>
        Enumerable.Range(WinogradTransform.MinOutputs, WinogradTransform.MaxOutputs(WinogradWork.TapsOf(conv, axis), WinogradWork.StrideOf(conv)) - WinogradTransform.MinOutputs + 1)
            .Where(m => m <= conv.Output.Shape[axis + 1].Value);

    /// <summary>The tiles whose sums, weights and one datum fit the registers.</summary>
    private static IEnumerable<(int Rows, int Vectors)> RegisterTiles(WinogradWork work, MachineFacts machine)
    {
        int lanes = machine.Lanes(DType.Float32);
        int registers = machine.VectorBytes == 0 ? 12 : machine.VectorRegisters;
        for (int vectors = 1; vectors <= MaxVectors && (vectors == 1 || (vectors - 1) * lanes < work.Columns); vectors++)
            for (int rows = 1; rows <= Math.Min(work.Tiles, MaxRows) && (rows * vectors) + vectors + 1 <= registers; rows++)
                yield return (rows, vectors);
    }

    /// <summary>
    /// Sizes of blocks whose transformed data takes up to a half of the second-level cache, or an eighth, or, where threads share a block, a half of
    /// theirs together, or that give each thread one; no fewer tiles than a register tile has rows, and a multiple of them where the tiles are enough.
    /// </summary>
    private static IEnumerable<(long Tiles, bool InCache)> Blocks(WinogradWork work, int rows, MachineFacts machine)
    {
        long inCache = Math.Max(1, machine.L2Bytes / 2 / (4 * work.Products * work.Inputs));
        foreach (long most in new[] { inCache * machine.Threads, inCache, inCache / 2, inCache / 4, Math.Min(inCache, ContractionConfig.DivideUp(work.Tiles, machine.Threads)) }.Select(m => Math.Clamp(m / rows * rows, rows, work.Tiles)).Distinct())
        {
            long even = ContractionConfig.DivideUp(work.Tiles, ContractionConfig.DivideUp(work.Tiles, most));
            yield return (Math.Min(work.Tiles, ContractionConfig.DivideUp(even, rows) * rows), most <= inCache);
        }
    }

    /// <summary>The most tiles of a job, and fewer where more jobs let threads that share a block have equal parts.</summary>
    private static IEnumerable<long> Jobs(WinogradWork work, long block, int rows, int vectors, bool apart, MachineFacts machine)
    {
        long most = JobOf(work, block, rows, vectors, JobBytes, machine);
        return apart || machine.Threads == 1
            ? [most]
            : new[] { most }.Concat(Enumerable.Range(1, (int)(most / rows)).Select(n => (long)n * rows)).Distinct();
    }

    private static long JobOf(WinogradWork work, long block, int rows, int vectors, long bytes, MachineFacts machine)
    {
        long tiles = bytes / (4 * work.Products * vectors * machine.Lanes(DType.Float32)) / rows * rows;
        return Math.Clamp(tiles, rows, block);
    }

    /// <summary>
    /// 0, and channels whose weights in both forms and the sums that they are added to take up to two thirds of the first-level cache.
    /// </summary>
    private static IEnumerable<long> Acrosses(WinogradWork work, WinogradConfig config, MachineFacts machine)
    {
        yield return 0;
        if (work.Horizontal.Stride != 1 || config.JobTiles != work.Tiles || work.Tiles % config.Products.Rows != 0)
            yield break;
        long row = 4L * config.Products.Vectors * machine.Lanes(DType.Float32);
        foreach (int channels in AcrossSizes.Where(c => work.Inputs % c == 0))
            if (row * ((channels * (work.Horizontal.Size + work.Horizontal.Taps)) + (work.Horizontal.Size * work.Tiles)) <= machine.L1Bytes * 2 / 3)
                yield return channels;
    }

    /// <summary>
    /// Sums in steps of the most channels whose weights, with as many that are asked for meanwhile, fit the first-level cache beside the tiles' data and
    /// sums; null where the weights of all channels stay there.
    /// </summary>
    private static WinogradConfig? Stepped(WinogradWork work, WinogradConfig config, MachineFacts machine)
    {
        var (rows, vectors) = (config.Products.Rows, config.Products.Vectors);
        if (config.JobTiles == JobOf(work, config.BlockTiles, rows, vectors, JobBytes, machine))
            config = config with { JobTiles = JobOf(work, config.BlockTiles, rows, vectors, StepJobBytes, machine) };
        if (config.JobTiles % config.Products.Rows != 0 || !WinogradCost.ReadsAgain(work, config, machine))
            return null;
        long columns = (long)config.Products.Vectors * machine.Lanes(DType.Float32);
        for (int parts = 2; parts <= 16; parts *= 2)
        {
            long channels = work.Inputs / parts;
            if (work.Inputs % (parts * StepUnroll) == 0 && channels >= LeastSteps
                && 4 * ((2 * channels * columns) + (config.JobTiles * (channels + columns))) <= machine.L1Bytes)
                return config with { Steps = channels, Products = config.Products with { Unroll = StepUnroll } };
        }
        return null;
    }

    private static int Unroll(WinogradWork work) => new[] { 4, 2, 1 }.First(u => work.Inputs % u == 0);
}
