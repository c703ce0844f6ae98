using Lathe.Cli.Doctor;
using Lathe.Compilation.Diagnostics;

namespace Lathe.Cli.Profiling;

/// <summary>What this machine can do: looked up, or measured once and kept.</summary>
internal static class KnownPeaks
{
    public static MachinePeaks Of(int threads, Terminal terminal)
    {
        string processor = Processor.Describe().Identity;
        var known = MachinePeaksFile.OfUser();
        terminal.Progress("looking up what this machine can do, or measuring it once");
        MachinePeaks Measure() => MachinePeaks.Measure(processor, threads);
        if (MachinePeaks.AreMeasurable)
            return known.FindOrAdd(processor, threads, Measure);
        terminal.Note("this is a Debug build, in which the machine's peaks are measured too low, so they are not kept");
        return known.Find(processor, threads) ?? Measure();
    }

    /// <summary>Measures again what kernels surpassed, and keeps the most that was seen.</summary>
    public static MachinePeaks Raise(MachinePeaks known, Terminal terminal)
    {
        terminal.Progress("measuring again what this machine can do, as kernels surpass what was measured before");
        MachinePeaks Measure() => MachinePeaks.Measure(known.Processor, known.Threads);
        return MachinePeaks.AreMeasurable ? MachinePeaksFile.OfUser().Raise(known, Measure) : known.Or(Measure());
    }
}
