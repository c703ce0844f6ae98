using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// The generator for depthwise convolutions of bytes, channels-last and without padding. Four rows of data are woven together, so that each channel's bytes
/// of a column are one word of <see cref="Dot4"/>; every output row whose window reaches them takes its sum from the same words.
/// </summary>
internal sealed class DotDepthwiseKernels(MachineFacts machine, IReadOnlySet<Value> materialized) : KernelGenerator(machine, materialized)
{
    /// <summary>Windows larger than this are not written out in full.</summary>
    private const long WindowLimit = 64;

    public override string Name => "bytes";

    public override int Version => 2;

    public override bool Takes(Group group) =>
        group.Anchor is { Op: Conv { Layout: Layout.ChannelsLast, Groups: > 1, Sum: DType.Int32 } conv } node
        && conv.Window is { Rank: 1 or 2, HasPadding: false }
        && node.Inputs[0].Element is DType.UInt8 or DType.Int8
        && node.Inputs[1].Constant is { } weights && DotDepthwiseWeights.PartsOf(weights) is not null
        && conv.Groups == node.Inputs[0].Shape[^1].Value && conv.Groups == node.Output.Shape[^1].Value && conv.Groups >= DotDepthwiseTile.LeastLanes
        && conv.Window.Kernel.Aggregate(1L, (a, b) => a * b) <= WindowLimit
        && node.Output.Shape.ElementCount > 0;

    public override Schedule Default(Group group) => new(Name, [.. DotDepthwiseCost.Best(WindowOf(group), Height(group), group.Inner.Shape[^2].Value, Machine).Knobs]);

    public override IEnumerable<Schedule> Space(Group group) =>
        DotDepthwiseCost.All(WindowOf(group), Height(group), group.Inner.Shape[^2].Value, Machine).Select(c => new Schedule(Name, [.. c.Knobs]));

    public override LoweredKernel Lower(Group group, Schedule schedule)
    {
        var draft = new KernelDraft();
        var node = group.Anchor!;
        var window = WindowOf(group);
        var data = draft.Input(node.Inputs[0]);
        var epilogue = new Epilogue(draft, group, Materialized, Machine);
        var config = DepthwiseConfig.Of(schedule);
        long[] shape = group.Inner.Shape.ToArray();
        bool twoAxes = window.Rank == 2;
        var pieces = DotDepthwiseTile.PiecesOf(shape[^1], Machine);
        var packed = new DotDepthwiseWeights(node, window, config.Rows, pieces, epilogue.Bias);
        var tile = new DotDepthwiseTile(draft, window, config, packed);
        long[]? order = epilogue.Reorders ? [.. packed.Order()] : null;
        var loops = new DepthwiseLoops(shape[0], Height(group), shape[^2], pieces);

        Expr Datum(Expr image, Expr row, Expr column, Expr channel, long y, long x, int lanes)
        {
            var at = (column * window.Strides[^1]) + x;
            var bytes = twoAxes ? data[image, (row * window.Strides[0]) + y, at, Build.Lane(channel, lanes)] : data[image, at, Build.Lane(channel, lanes)];
            return data.Element == DType.UInt8 ? bytes : new Bitcast(DType.UInt8, bytes) ^ Build.Int(128, DType.UInt8);
        }

        return epilogue.Finish(loops.Write(draft, window, config.Rows, config.Places, Machine, (image, row, column, channel, piece) => tile.Write(
            channel,
            piece,
            (y, x) => Datum(image, row, column, channel, y, x, piece.Lanes),
            (r, p, first, lanes, sum) => epilogue.Store(twoAxes ? [image, row + r, column + p] : [image, column + p], channel + first, lanes, sum),
            order is null ? null : (r, p, sums, at) => epilogue.StoreReordered(twoAxes ? [image, row + r, column + p] : [image, column + p], channel, sums, at, order))));
    }

    private static Window WindowOf(Group group) => ((Conv)group.Anchor!.Op).Window;

    private static long Height(Group group) => WindowOf(group).Rank == 2 ? group.Inner.Shape[1].Value : 1;
}
