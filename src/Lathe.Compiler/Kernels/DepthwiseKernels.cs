using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// The generator for depthwise convolutions, channels-last and without padding: vectors run along channels, and a tile
/// holds a few places of a few rows, so that neighbouring windows share their loads.
/// </summary>
internal sealed class DepthwiseKernels(MachineFacts machine, IReadOnlySet<Value> materialized) : KernelGenerator(machine, materialized)
{
    /// <summary>Windows larger than this are not written out in full.</summary>
    private const long WindowLimit = 49;

    public override string Name => "depthwise";

    public override bool Takes(Group group) => group.Anchor is { } anchor && IsDepthwise(anchor);

    /// <summary>Whether a node is a convolution that <see cref="DepthwiseTile"/> can sum up.</summary>
    public static bool IsDepthwise(Node node) =>
        node.Op is Conv { Layout: Layout.ChannelsLast, Groups: > 1, Sum: null } conv
        && conv.Window is { Rank: 1 or 2, HasPadding: false }
        && node.Inputs[1].Constant is not null
        && conv.Groups == node.Inputs[0].Shape[^1].Value && conv.Groups == node.Output.Shape[^1].Value
        && conv.Window.Kernel.Aggregate(1L, (a, b) => a * b) <= WindowLimit;

    public override Schedule Default(Group group) => ToSchedule(Configs(group, DepthwiseConfig.For));

    public override IEnumerable<Schedule> Space(Group group) => Configs(group, DepthwiseConfig.All).Select(ToSchedule);

    public override LoweredKernel Lower(Group group, Schedule schedule)
    {
        var draft = new KernelDraft();
        var node = group.Anchor!;
        var window = ((Conv)node.Op).Window;
        var data = draft.Input(node.Inputs[0]);
        var epilogue = new Epilogue(draft, group, Materialized, Machine);
        var weights = draft.Input(node.Inputs[1]);
        var config = DepthwiseConfig.Of(schedule);
        var tile = new DepthwiseTile(draft, window, node.Output.Element, config);
        long[] shape = group.Inner.Shape.ToArray();
        bool twoAxes = window.Rank == 2;
        var loops = new DepthwiseLoops(shape[0], twoAxes ? shape[1] : 1, shape[^2], [.. VectorPieces.Of(shape[^1], Machine.Lanes(node.Output.Element))]);

        Stmt Tile(Expr image, Expr row, Expr column, Expr channel, int vector)
        {
            var channelLanes = Build.Lane(channel, vector);
            Expr Column(long x) => (column * window.Strides[^1]) + x;
            return tile.Write(
                vector,
                (y, x) => twoAxes ? data[image, (row * window.Strides[0]) + y, Column(x), channelLanes] : data[image, Column(x), channelLanes],
                (kh, kw) => twoAxes ? weights[kh, kw, 0, channelLanes] : weights[kw, 0, channelLanes],
                (r, p, sum) => epilogue.Store(twoAxes ? [image, row + r, column + p] : [image, column + p], channel, vector, sum));
        }

        return epilogue.Finish(loops.Write(
            draft, window, config.Rows, config.Places, Machine, (image, row, column, channel, piece) => Tile(image, row, column, channel, piece.Lanes)));
    }

    private T Configs<T>(Group group, Func<Window, Tensors.DType, long, long, MachineFacts, T> choose)
    {
        var shape = group.Inner.Shape;
        var window = ((Conv)group.Anchor!.Op).Window;
        return choose(window, group.Inner.Element, window.Rank == 2 ? shape[1].Value : 1, shape[^2].Value, Machine);
    }

    private Schedule ToSchedule(DepthwiseConfig config) => new(Name, [.. config.Knobs]);
}
