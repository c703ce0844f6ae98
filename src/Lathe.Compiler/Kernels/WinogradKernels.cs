using System.Collections.Concurrent;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>The generator for convolutions of small windows by Winograd's method; see <see cref="WinogradTransform"/> and <see cref="WinogradWriter"/>.</summary>
internal sealed class WinogradKernels(MachineFacts machine, IReadOnlySet<Value> materialized) : KernelGenerator(machine, materialized)
{
    /// <summary>The configs of least cost by all that they depend on, as networks repeat their layers and finding one means looking at hundreds.</summary>
    private readonly ConcurrentDictionary<(TensorType Data, TensorType Weights, TensorType Result, int Stride), (WinogradConfig Config, double Cycles)> _best = new();

    public override string Name => "winograd";

    public override int Version => 7;

    public override bool Takes(Group group)
    {
        if (group.Anchor is not { Op: Conv { Layout: Layout.ChannelsLast, Groups: 1 } conv } node || node.Inputs[1].Constant is null || node.Output.Element != DType.Float32)
            return false;
        var window = conv.Window;
        if (window.Rank != 2 || window.HasPadding || window.Strides[1] != window.Strides[0] || window.Dilations.Any(d => d != 1))
            return false;
        if (window.Kernel.Any(k => !WinogradTransform.Takes(k, window.Strides[0])))
            return false;
        return node.Output.Shape.ElementCount > 0 && node.Inputs[0].Shape[3].Value > 0
            && node.Output.Shape[1].Value >= WinogradTransform.MinOutputs && node.Output.Shape[2].Value >= WinogradTransform.MinOutputs;
    }

    public override bool Pays(Group group)
    {
        var (config, cycles) = Best(group.Anchor!);
        double others = WinogradCost.DirectCycles(new(group.Anchor!, config.TileHeight, config.TileWidth), Machine);
        var planar = new PlanarKernels(Machine, Materialized);
        if (planar.Takes(group) && planar.Pays(group) && PlanarWork.Of(group.Anchor!) is { } narrow)
            others = Math.Min(others, PlanarConfig.CyclesPerPlace(narrow, Machine) * narrow.Images * narrow.Height * narrow.Width / Machine.Threads);
        return cycles < others;
    }

    public override Schedule Default(Group group) => Best(group.Anchor!).Config.ToSchedule(Name);

    public override IEnumerable<Schedule> Space(Group group) => WinogradConfig.Space(group.Anchor!, Machine).Select(c => c.ToSchedule(Name));

    private (WinogradConfig Config, double Cycles) Best(Node conv) =>
        _best.GetOrAdd((conv.Inputs[0].Type, conv.Inputs[1].Type, conv.Output.Type, WinogradWork.StrideOf(conv)), _ => WinogradConfig.For(conv, Machine));

    public override LoweredKernel Lower(Group group, Schedule schedule)
    {
        var draft = new KernelDraft(group);
        var epilogue = new Epilogue(draft, group, Materialized, Machine);
        return epilogue.Finish(new WinogradWriter(draft, group.Anchor!, WinogradConfig.Of(schedule), epilogue, Machine).Write());
    }
}
