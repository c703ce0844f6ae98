using Lathe.Compilation.Diagnostics;
using Lathe.Runtime;

namespace Lathe.Cli.Profiling;

/// <summary>A run kernel by kernel, beside what the machine can do.</summary>
/// <param name="Machine">The measured peaks of as many threads as ran.</param>
/// <param name="RunMilliseconds">The time of a run in one go.</param>
/// <param name="WeightBytes">The weights that a run reads; together they decide which memory delivers them.</param>
/// <param name="WeightGigabytesPerSecond">The bandwidth for so many.</param>
/// <param name="Total">All kernels together, one by one.</param>
/// <param name="Kernels">The longest first.</param>
internal sealed record RunProfile(
    MachinePeaks Machine, double RunMilliseconds, long WeightBytes, double WeightGigabytesPerSecond, KernelProfile Total, IReadOnlyList<KernelProfile> Kernels)
{
    /// <summary>
    /// How many kernels are clearly faster than their roofline, which was measured too low then, beside busy programs. Nothing follows from kernels that take nearly no time, as they can find
    /// more in a near cache than their size tells, nor from those that move values, as where these lie is only assumed.
    /// </summary>
    public int Surpassing() => Kernels.Count(k => k is { RooflinePercent: > 110, SharePercent: > 1, Limit: Limit.Arithmetic or Limit.Weights });

    public static RunProfile Of(ModelInfo model, double runMilliseconds, IReadOnlyList<StepTime> steps, MachinePeaks machine)
    {
        var roofline = new Roofline(model, machine);
        double total = steps.Sum(s => s.Milliseconds);
        KernelProfile Kernel(StepTime time, int step)
        {
            long Times(long work) => (long)Math.Round(work * time.Calls);
            var (work, roof) = (time.Step, roofline.Of(step, time.Calls));
            return new(
                step, work.Label, time.Milliseconds, total > 0 ? 100 * time.Milliseconds / total : 0,
                Times(work.Flops), Times(work.DoneFlops), Times(work.Bytes), Times(work.WeightBytes),
                roof.ArithmeticMilliseconds, roof.MemoryMilliseconds, roof.LeastMilliseconds, roof.Limit);
        }
        KernelProfile[] kernels = [.. steps.Select(Kernel).OrderByDescending(k => k.Milliseconds)];
        return new(machine, runMilliseconds, roofline.WeightBytes, machine.BandwidthAt(roofline.WeightBytes), Sum("the whole run", kernels), kernels);
    }

    /// <summary>Several kernels together.</summary>
    public static KernelProfile Sum(string name, IEnumerable<KernelProfile> kernels)
    {
        KernelProfile[] all = [.. kernels];
        return new(
            null, name, all.Sum(k => k.Milliseconds), all.Sum(k => k.SharePercent), all.Sum(k => k.Flops), all.Sum(k => k.DoneFlops), all.Sum(k => k.Bytes),
            all.Sum(k => k.WeightBytes), all.Sum(k => k.ArithmeticMilliseconds), all.Sum(k => k.MemoryMilliseconds), all.Sum(k => k.LeastMilliseconds), null);
    }
}
