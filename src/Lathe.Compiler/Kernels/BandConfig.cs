using Lathe.Compilation.Scheduling;
using Lathe.Graphs.Ops;

namespace Lathe.Compilation.Kernels;

/// <summary>How a chain of convolutions and windows between them is cut.</summary>
/// <param name="Bands">Bands of an image's rows, each of which begins with rows that the band before computed too.</param>
/// <param name="Windows">The tile of the depthwise convolution or pool; its rows are those of a step through the band.</param>
/// <param name="Expand">The convolution before it, of one row; null where there is none.</param>
/// <param name="Project">The product after it, of a step's rows; null where there is none.</param>
internal sealed record BandConfig(long Bands, WindowConfig Windows, ContractionConfig? Expand, ContractionConfig? Project)
{
    /// <summary>The share of a band's rows that may be computed twice where more bands would spread better over the threads.</summary>
    private const double MostTwice = 0.075;

    /// <summary>What half as many bands cost, as one core may be slower than the other and takes over less.</summary>
    private const double FewerBands = 0.02;

    /// <summary>The bands and the tile that cost the least of those that fit; a chain is joined only where a step of one row does.</summary>
    public static BandConfig For(BandChain chain, MachineFacts machine)
    {
        var node = chain.Windows.Anchor!;
        var tiles = WindowConfig.All(node, chain.Windows.Inner.Element, chain.Height, chain.Width, machine)
            .Where(t => t.KeepsRows(node, machine) && chain.Fits(t.Rows, machine)).ToList();
        var configs =
            from count in BandCounts(chain, machine).Index()
            from tile in tiles
            where tile.Rows <= Math.Max(1, chain.Height / count.Item)
            select (Bands: count.Item, Tile: tile, Cost: Cost(chain, count.Item, tile, machine) * (1 + (count.Index * FewerBands)));
        var best = configs.MinBy(c => c.Cost);
        return Of(chain, best.Tile, best.Bands, machine);
    }

    public static IEnumerable<BandConfig> Space(BandChain chain, MachineFacts machine)
    {
        var configs =
            from windows in WindowConfig.All(chain.Windows.Anchor!, chain.Windows.Inner.Element, chain.Height, chain.Width, machine)
            where chain.LocalBytes(windows.Rows) <= KernelDraft.MostLocalBytes
            from bands in new[] { 1L, machine.Threads, 2L * machine.Threads, 4L * machine.Threads }
            where bands <= chain.Height / windows.Rows
            select Of(chain, windows, bands, machine);
        return configs.Prepend(For(chain, machine)).Distinct();
    }

    public static BandConfig Of(BandChain chain, Schedule schedule, MachineFacts machine) =>
        Of(chain, WindowConfig.Of(schedule), schedule["bands"], machine);

    public Schedule ToSchedule(string generator) => new(generator, [new("bands", Bands), .. Windows.Knobs]);

    private static BandConfig Of(BandChain chain, WindowConfig windows, long bands, MachineFacts machine) => new(
        bands,
        windows,
        chain.ExpandForm is { } expand ? ContractionConfig.For(expand.Work with { Images = 1, Height = 1, Width = chain.DataWidth }, machine) : null,
        chain.ProjectForm is { } project ? ContractionConfig.For(project.Work with { Images = 1, Height = windows.Rows, Width = chain.Width }, machine) : null);

    /// <summary>One band on one thread; four for each thread where few rows are computed twice by that, and two or one.</summary>
    private static IEnumerable<long> BandCounts(BandChain chain, MachineFacts machine)
    {
        if (machine.Threads == 1)
            return [1];
        long again = chain.ExpandForm is null ? 0 : Math.Max(0, chain.Window.Span(0) - chain.Window.Strides[0]);
        long[] wanted = [.. new[] { 4L, 2, 1 }.Select(n => Math.Min(chain.Height, ContractionConfig.DivideUp(n * machine.Threads, chain.Images))).Distinct()];
        return wanted.Where(b => b == wanted[^1] || b * again <= MostTwice * chain.Height * chain.Window.Strides[0]);
    }

    /// <summary>Multiply-adds of vectors, or what takes as long, of an image. The last step of a band overlaps the one before where its rows are not enough.</summary>
    private static double Cost(BandChain chain, long bands, WindowConfig windows, MachineFacts machine)
    {
        long height = ContractionConfig.DivideUp(chain.Height, bands), computed = ContractionConfig.DivideUp(height, windows.Rows) * windows.Rows;
        int lanes = machine.Lanes(chain.Windows.Inner.Element);
        double Products(ContractionForm? form, double rows) => form is null ? 0 : rows * form.Work.Macs / form.Work.Images / form.Work.Height / lanes;
        return bands * ((windows.Cost(chain.Windows.Anchor!, height, chain.Width, machine) * ContractionConfig.DivideUp(chain.Channels, lanes))
            + Products(chain.ExpandForm, chain.DataRows(computed)) + Products(chain.ProjectForm, computed));
    }
}
