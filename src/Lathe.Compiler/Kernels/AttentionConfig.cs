using Lathe.Compilation.Scheduling;

namespace Lathe.Compilation.Kernels;

/// <summary>How attention is cut.</summary>
/// <param name="Queries">Rows of scores that are computed, made probabilities and multiplied with the values before the next.</param>
/// <param name="Rows">The passes over them.</param>
/// <param name="Scores">The product before, of so many rows.</param>
/// <param name="Result">The product after, of so many rows.</param>
internal sealed record AttentionConfig(long Queries, RowConfig Rows, ContractionConfig Scores, ContractionConfig Result)
{
    /// <summary>Scores and probabilities take one in so many of the second-level cache at most, where that leaves enough rows for a tile.</summary>
    private const int CacheShare = 4;

    /// <summary>More rows than this gain nothing: keys and values have been read often enough.</summary>
    private const long MostQueries = 64;

    private const long LeastQueries = 12;

    public static AttentionConfig For(AttentionChain chain, RowPlan plan, MachineFacts machine) => Of(chain, plan, DefaultQueries(chain, machine), machine);

    public static IEnumerable<AttentionConfig> Space(AttentionChain chain, RowPlan plan, MachineFacts machine)
    {
        long most = Attentions.MostQueries(chain, machine);
        return new[] { DefaultQueries(chain, machine) }.Concat(new long[] { 6, 8, 12, 16, 18, 24, 32, 36, 48, 64, 96, 128 }.Where(q => q <= most).Select(q => Even(chain.Queries, q)))
            .Distinct().Select(q => Of(chain, plan, q, machine));
    }

    public static AttentionConfig Of(AttentionChain chain, RowPlan plan, Schedule schedule, MachineFacts machine) => Of(chain, plan, schedule["queries"], machine);

    public Schedule ToSchedule(string generator) => new(generator, [new("queries", Queries)]);

    private static AttentionConfig Of(AttentionChain chain, RowPlan plan, long queries, MachineFacts machine) => new(
        queries,
        RowConfig.For(plan, chain.Space, queries, machine),
        ContractionConfig.For(chain.ScoresForm.Work with { Images = 1, Width = queries }, machine),
        ContractionConfig.For(chain.ResultForm.Work with { Images = 1, Width = queries, PlaceStride = chain.RowStride(machine) }, machine));

    private static long DefaultQueries(AttentionChain chain, MachineFacts machine)
    {
        long inCache = machine.L2Bytes / CacheShare / chain.LocalBytes(1, machine);
        return Even(chain.Queries, Math.Min(Attentions.MostQueries(chain, machine), Math.Clamp(inCache, LeastQueries, MostQueries)));
    }

    /// <summary>The size of blocks of near-equal size that are no larger than <paramref name="most"/>.</summary>
    private static long Even(long queries, long most) => ContractionConfig.DivideUp(queries, ContractionConfig.DivideUp(queries, most));
}
