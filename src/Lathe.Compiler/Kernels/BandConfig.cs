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

    public static BandConfig For(BandChain chain, MachineFacts machine)
    {
        var windows = WindowConfig.For(chain.Windows.Anchor!, chain.Windows.Inner.Element, chain.Height, chain.Width, machine);
        return Of(chain, windows, DefaultBands(chain, windows.Rows, machine), machine);
    }

    public static IEnumerable<BandConfig> Space(BandChain chain, MachineFacts machine)
    {
        var configs =
            from windows in WindowConfig.All(chain.Windows.Anchor!, chain.Windows.Inner.Element, chain.Height, chain.Width, machine)
            where chain.LocalBytes(windows.Rows) <= Scheduling.Bands.MostLocalBytes
            from bands in new[] { DefaultBands(chain, windows.Rows, machine), machine.Threads, 2L * machine.Threads, 4L * machine.Threads }
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

    /// <summary>One band on one thread; four for each thread where few rows are computed twice by that, else two or one.</summary>
    private static long DefaultBands(BandChain chain, int rows, MachineFacts machine)
    {
        if (machine.Threads == 1)
            return 1;
        long most = Math.Max(1, chain.Height / rows);
        long again = chain.ExpandForm is null ? 0 : Math.Max(0, chain.Window.Span(0) - chain.Window.Strides[0]);
        long[] wanted = [.. new[] { 4L, 2, 1 }.Select(n => ContractionConfig.DivideUp(n * machine.Threads, chain.Images))];
        long bands = wanted.FirstOrDefault(b => b * again <= MostTwice * chain.Height * chain.Window.Strides[0], wanted[^1]);
        return Math.Min(most, bands);
    }
}
