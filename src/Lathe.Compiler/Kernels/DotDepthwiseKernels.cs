using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// The generator for depthwise convolutions of bytes, channels-last and without padding. Four rows of data are interleaved, so that each channel's bytes
/// of a column are one word of <see cref="Dot4"/>; every output row whose window reaches them adds up the same words.
/// </summary>
internal sealed class DotDepthwiseKernels(MachineFacts machine, IReadOnlySet<Value> materialized) : KernelGenerator(machine, materialized)
{
    /// <summary>Windows larger than this are not written out in full.</summary>
    private const long WindowLimit = 64;

    /// <summary>Weights are stored once for each place that is joined.</summary>
    private const int MostMerged = 16;

    public override string Name => "bytes";

    public override int Version => 5;

    public override bool Takes(Group group) =>
        group.Anchor is { Op: Conv { Layout: Layout.ChannelsLast, Groups: > 1, Sum: DType.Int32 } conv } node
        && conv.Window is { Rank: 1 or 2, HasPadding: false }
        && node.Inputs[0].Element is DType.UInt8 or DType.Int8
        && node.Inputs[1].Constant is { } weights && DotDepthwiseWeights.PartsOf(weights) is not null
        && conv.Groups == node.Inputs[0].Shape[^1].Value && conv.Groups == node.Output.Shape[^1].Value && conv.Groups >= DotDepthwiseTile.LeastLanes
        && conv.Window.Kernel.Aggregate(1L, (a, b) => a * b) <= WindowLimit
        && node.Output.Shape.ElementCount > 0;

    public override Schedule Default(Group group)
    {
        var row = RowOf(group);
        int parts = DotDepthwiseWeights.PartsOf(group.Anchor!.Inputs[1].Constant!)!.Count;
        return new(Name, [.. DotDepthwiseCost.Best(row.Window, Height(group), row.Count, parts, Machine).Knobs]);
    }

    public override IEnumerable<Schedule> Space(Group group)
    {
        var row = RowOf(group);
        return DotDepthwiseCost.All(row.Window, Height(group), row.Count, Machine).Select(c => new Schedule(Name, [.. c.Knobs]));
    }

    public override LoweredKernel Lower(Group group, Schedule schedule)
    {
        var node = group.Anchor!;
        var row = RowOf(group);
        var window = row.Window;
        long[] Flat(Value value) => [.. value.Shape.SkipLast(2).Select(d => d.Value), value.Shape[^2].Value * value.Shape[^1].Value];
        var draft = new KernelDraft(group, value => row.Merged > 1 && value == group.Result ? Flat(value) : value.Shape.ToArray());
        var data = draft.Input(node.Inputs[0], Flat(node.Inputs[0]));
        var epilogue = new Epilogue(draft, group, Materialized, Machine);
        var config = WindowConfig.Of(schedule);
        long[] shape = group.Inner.Shape.ToArray();
        bool twoAxes = window.Rank == 2;
        long channels = shape[^1];
        var pieces = DotDepthwiseTile.PiecesOf(channels * row.Merged, Machine);
        var packed = new DotDepthwiseWeights(node, window, config.Rows, pieces, epilogue.Bias);
        var tile = new DotDepthwiseTile(draft, window, config, packed);
        long[]? order = epilogue.Reorders ? [.. packed.Order()] : null;
        var loops = new DepthwiseLoops(shape[0], Height(group), shape[^2], pieces);

        Expr Datum(Expr image, Expr line, Expr column, Expr channel, long y, long x, int lanes)
        {
            var at = Build.Lane((((column * (row.Merged > 1 ? 1 : window.Strides[^1])) + x) * channels) + channel, lanes);
            var bytes = twoAxes ? data[image, (line * window.Strides[0]) + y, at] : data[image, at];
            return data.Element == DType.UInt8 ? bytes : new Bitcast(DType.UInt8, bytes) ^ Build.Int(128, DType.UInt8);
        }

        Expr[] Place(Expr image, Expr line, Expr column) => twoAxes ? [image, line, column] : [image, column];
        Expr[] Result(Expr image, Expr line, Expr column, Expr channel) =>
            row.Merged == 1 ? [.. Place(image, line, column), channel] : [.. Place(image, line, 0).SkipLast(1), (column * channels) + channel];

        return epilogue.Finish(loops.Write(draft, window, config.Rows, config.Places * row.Merged, Machine, (image, line, column, channel, piece) => tile.Write(
            channel,
            piece,
            (y, x) => Datum(image, line, column, channel, y, x, piece.Lanes),
            (r, p, first, lanes, sum) => epilogue.Store(Place(image, line + r, column + p), channel + first, lanes, sum),
            order is null ? null : (r, p, sums, at) => epilogue.StoreReordered(
                Place(image, line + r, column + (p * row.Merged)), Result(image, line + r, column + (p * row.Merged), channel), sums, at, order))));
    }

    /// <summary>A row of results as the kernel sees it: neighbouring places may be taken as one, with the channels of all of them.</summary>
    /// <param name="Window">The window, whose stride along a row is <paramref name="Merged"/> where that is more than one.</param>
    /// <param name="Count">Places of the row, after merging.</param>
    /// <param name="Merged">Places that are taken as one: the fewest whose channels fill whole vectors, or 1.</param>
    private readonly record struct Row(Window Window, long Count, int Merged);

    /// <summary>Channels that fill no whole vectors are joined by those of the places beside them, where the next place's data follow them.</summary>
    private Row RowOf(Group group)
    {
        var window = WindowOf(group);
        long channels = group.Inner.Shape[^1].Value, width = group.Inner.Shape[^2].Value, bytes = Machine.VectorBytes;
        long merged = bytes / Math.Max(1, (long)System.Numerics.BigInteger.GreatestCommonDivisor(channels, bytes));
        bool merges = merged is > 1 and <= MostMerged && merged <= width && window.Strides[^1] == 1 && group is { Halo: null, Place: null }
            && new Epilogue(new KernelDraft(group), group, Materialized, Machine).Reorders;
        return merges
            ? new(window with { Strides = [.. window.Strides.SkipLast(1), merged] }, ContractionConfig.DivideUp(width, merged), (int)merged)
            : new(window, width, 1);
    }

    private static Window WindowOf(Group group) => ((Conv)group.Anchor!.Op).Window;

    private static long Height(Group group) => WindowOf(group).Rank == 2 ? group.Inner.Shape[1].Value : 1;
}
