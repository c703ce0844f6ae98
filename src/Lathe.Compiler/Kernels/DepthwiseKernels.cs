using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// The generator for depthwise convolutions, channels-last and without padding: vectors run along channels, and a tile
/// holds a few places of a row, so that neighbouring windows share their loads.
/// </summary>
internal sealed class DepthwiseKernels(MachineFacts machine, IReadOnlySet<Value> materialized) : KernelGenerator(machine, materialized)
{
    private const int UsualPlaces = 7;
    private const int MostPlaces = 14;

    /// <summary>Windows larger than this are not written out in full.</summary>
    private const long WindowLimit = 49;

    public override string Name => "depthwise";

    public override bool Takes(Group group) =>
        group.Anchor is { Op: Conv { Layout: Layout.ChannelsLast, Groups: > 1 } conv } node
        && conv.Window is { Rank: 1 or 2, HasPadding: false }
        && node.Inputs[1].Constant is not null
        && conv.Groups == node.Inputs[0].Shape[^1].Value && conv.Groups == node.Output.Shape[^1].Value
        && conv.Window.Kernel.Aggregate(1L, (a, b) => a * b) <= WindowLimit;

    public override Schedule Default(Group group) => WithPlaces(Math.Min(UsualPlaces, group.Inner.Shape[^2].Value));

    public override IEnumerable<Schedule> Space(Group group)
    {
        long width = group.Inner.Shape[^2].Value;
        return Enumerable.Range(1, (int)Math.Min(MostPlaces, width)).Select(p => WithPlaces(p));
    }

    public override LoweredKernel Lower(Group group, Schedule schedule)
    {
        var draft = new KernelDraft();
        var node = group.Anchor!;
        var window = ((Conv)node.Op).Window;
        var data = draft.Input(node.Inputs[0]);
        var epilogue = new Epilogue(draft, group, Materialized, Machine);
        var weights = draft.Input(node.Inputs[1]);
        long[] shape = group.Inner.Shape.ToArray();
        long channels = shape[^1], width = shape[^2];
        int lanes = Machine.Lanes(node.Output.Element);
        int places = (int)schedule["places"];
        bool twoAxes = window.Rank == 2;
        long rows = shape[0] * (twoAxes ? shape[1] : 1);

        // Only floats have a fused one.
        Expr MultiplyAdd(Expr x, Expr w, Expr sum) => node.Output.Element.IsFloat ? Build.Fma(x, w, sum) : (x * w) + sum;

        Stmt Tile(Expr image, Expr row, Expr column, Expr channel, int width)
        {
            var sums = draft.Local(node.Output.Element, places, width);
            Expr[] Place(int p) => [p, Build.Lane(0, width)];
            var channelLanes = Build.Lane(channel, width);
            var steps =
                from kh in Enumerable.Range(0, twoAxes ? (int)window.Kernel[0] : 1)
                from kw in Enumerable.Range(0, (int)window.Kernel[^1])
                select draft.Let([twoAxes ? weights[kh, kw, 0, channelLanes] : weights[kw, 0, channelLanes]], w => Stmt.Sequence(
                    Enumerable.Range(0, places).Select(p =>
                    {
                        var x = ((column + p) * window.Strides[^1]) + (kw * window.Dilations[^1]);
                        var element = twoAxes
                            ? data[image, (row * window.Strides[0]) + (kh * window.Dilations[0]), x, channelLanes]
                            : data[image, x, channelLanes];
                        return sums.Store(Place(p), kh + kw == 0 ? element * w[0] : MultiplyAdd(element, w[0], sums[Place(p)]));
                    })));
            var stores = Enumerable.Range(0, places).Select(p => epilogue.Store(
                twoAxes ? [image, row, column + p] : [image, column + p], channel, width, sums[Place(p)]));
            return new Allocate(sums, Stmt.Sequence([.. steps, .. stores]));
        }

        Stmt Row(Expr image, Expr row)
        {
            long tiles = ContractionConfig.DivideUp(width, places);
            Stmt Columns(Expr channel, int vector) => draft.Loop(tiles, tile =>
                draft.Let([Build.Min(tile * places, width - places)], column => Tile(image, row, column[0], channel, vector)));
            long full = channels / lanes;
            var whole = full == 0 ? Stmt.Sequence() : draft.Loop(full, v => Columns(v * lanes, lanes));
            var rest = VectorPieces.Of(channels - (full * lanes), lanes).Select(p => Columns((full * lanes) + p.Start, p.Lanes));
            return Stmt.Sequence([whole, .. rest]);
        }

        var body = draft.ParallelLoop(rows, Machine.Threads, r => twoAxes
            ? Row(Build.FloorDiv(r, shape[1]), Build.FloorMod(r, shape[1]))
            : Row(r, 0));
        return epilogue.Finish(body);
    }

    private Schedule WithPlaces(long places) => new(Name, [new("places", places)]);
}
