using Lathe.Compilation.Diagnostics;
using Lathe.Runtime;

namespace Lathe.Cli.Profiling;

/// <summary>
/// The least time that a step can take on a machine. Values that steps hand on to one another were stored a moment ago, so they are held against the bandwidth
/// of data of their own size. Weights are read once in a run and again in the next, so they are held against the bandwidth of all weights that are read in between.
/// </summary>
/// <param name="machine">The peaks of as many threads as run.</param>
internal sealed class Roofline(ModelInfo model, MachinePeaks machine)
{
    /// <summary>The weights that a run reads.</summary>
    public long WeightBytes { get; } = model.Steps.Sum(s => s.WeightBytes);

    /// <param name="calls">In a run.</param>
    public KernelRoof Of(int step, double calls)
    {
        var work = model.Steps[step];
        long values = work.Bytes - work.WeightBytes;
        return new(calls * work.DoneFlops / machine.Gflops / 1e6, calls * Time(values, values), calls * WeightTime(work.WeightBytes, Between(step, calls)));
    }

    /// <summary>The weights that are read from one call of a step to its next, its own included: a run's, or those of a loop's round.</summary>
    private long Between(int step, double calls)
    {
        var loops = calls > 1 ? model.Loops.Where(l => l.First <= step && step < l.Last) : [];
        return loops.Select(l => model.Steps.Take(l.Last).Skip(l.First).Sum(s => s.WeightBytes)).Append(WeightBytes).Min();
    }

    /// <summary>
    /// The time of reading weights among others. A kernel that goes through them forth and back (as dense layers do) finds a part where only that part and
    /// the others are read in between, so the best part counts as near.
    /// </summary>
    private double WeightTime(long own, long all)
    {
        double Split(long near) => Time(near, all - own + near) + Time(own - near, all);
        return machine.Reading.Select(r => r.Bytes - (all - own)).Where(near => 0 < near && near < own).Append(0).Min(Split);
    }

    private double Time(long bytes, long size) => bytes / machine.BandwidthAt(size) / 1e6;
}
