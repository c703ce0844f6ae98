using Lathe.Compilation.Diagnostics;
using Lathe.Runtime;
using Lathe.Tensors;

namespace Lathe.Cli.Profiling;

/// <summary>A run kernel by kernel, beside what the machine can do.</summary>
/// <param name="Machine">The measured peaks of as many threads as ran.</param>
/// <param name="FootprintBytes">Weights, work space, inputs and outputs: what a run goes through, and so what decides which memory delivers it.</param>
/// <param name="GigabytesPerSecond">The bandwidth for that footprint.</param>
/// <param name="Total">All kernels together.</param>
/// <param name="Kernels">The longest first.</param>
internal sealed record RunProfile(
    MachinePeaks Machine, long FootprintBytes, double GigabytesPerSecond, KernelProfile Total, IReadOnlyList<KernelProfile> Kernels)
{
    public static RunProfile Of(ModelInfo model, IReadOnlyList<StepTime> steps, MachinePeaks machine)
    {
        long footprint = model.ArenaBytes + model.ParameterBytes + model.Inputs.Concat(model.Outputs).Sum(b => b.TensorShape.ElementCount * b.Element.Size);
        double total = steps.Sum(s => s.Milliseconds);
        KernelProfile[] kernels =
        [
            .. steps.Select((s, i) => (Index: i, Time: s, Flops: (long)Math.Round(s.Step.Flops * s.Calls), Bytes: (long)Math.Round(s.Step.Bytes * s.Calls)))
                .Select(s => new KernelProfile(
                    s.Index, s.Time.Step.Label, s.Time.Milliseconds, total > 0 ? 100 * s.Time.Milliseconds / total : 0, s.Flops, s.Bytes,
                    machine.LeastMilliseconds(s.Flops, s.Bytes, footprint)))
                .OrderByDescending(k => k.Milliseconds),
        ];
        return new(machine, footprint, machine.BandwidthAt(footprint), Sum(kernels, total), kernels);
    }

    private static KernelProfile Sum(KernelProfile[] kernels, double milliseconds) => new(
        null, "the whole run", milliseconds, kernels.Sum(k => k.SharePercent), kernels.Sum(k => k.Flops), kernels.Sum(k => k.Bytes),
        kernels.Sum(k => k.LeastMilliseconds));
}
