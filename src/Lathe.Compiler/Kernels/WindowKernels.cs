using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// The generator for depthwise convolutions, those of groups of a few channels, and max pools, channels-last and without padding: vectors run along channels, and a
/// tile holds a few places of a few rows, so that neighbouring windows share their loads.
/// </summary>
internal sealed class WindowKernels(MachineFacts machine, IReadOnlySet<Value> materialized) : KernelGenerator(machine, materialized)
{
    /// <summary>Windows larger than this are not written out in full, nor are those of groups of so many channels in all.</summary>
    private const long WindowLimit = 49, GroupedLimit = 100;

    public override string Name => "windows";

    public override int Version => 2;

    public override bool Takes(Group group) => group.Anchor is { } anchor && (IsOfWindows(anchor) || IsGrouped(anchor));

    /// <summary>Whether a node is what <see cref="WindowTile"/> can compute.</summary>
    public static bool IsOfWindows(Node node) => IsDepthwise(node) || IsPool(node);

    public static bool IsDepthwise(Node node) =>
        node.Op is Conv { Layout: Layout.ChannelsLast, Groups: > 1, Sum: null } conv && Fits(conv.Window)
        && node.Inputs[1].Constant is not null
        && conv.Groups == node.Inputs[0].Shape[^1].Value && conv.Groups == node.Output.Shape[^1].Value;

    /// <summary>Channels of a group of a convolution; 1 of pools.</summary>
    public static int DepthOf(Node node) => node.Op is Conv { Groups: var groups } ? (int)(node.Inputs[0].Shape[^1].Value / groups) : 1;

    /// <summary>The window of a node that the generator takes.</summary>
    public static Window WindowOf(Node node) => node.Op is MaxPool pool ? pool.Window : ((Conv)node.Op).Window;

    public override Schedule Default(Group group) => ToSchedule(Configs(group, WindowConfig.For));

    public override IEnumerable<Schedule> Space(Group group) => Configs(group, WindowConfig.All).Select(ToSchedule);

    public override LoweredKernel Lower(Group group, Schedule schedule)
    {
        var draft = new KernelDraft(group);
        var node = group.Anchor!;
        var window = WindowOf(node);
        var data = draft.Input(node.Inputs[0]);
        var epilogue = new Epilogue(draft, group, Materialized, Machine);
        var weights = WindowTile.Weights(draft, node);
        var config = WindowConfig.Of(schedule);
        var tile = new WindowTile(draft, window, node.Output.Element, config, DepthOf(node));
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
                weights?.Invoke(channelLanes),
                (r, p, sum) => epilogue.Store(twoAxes ? [image, row + r, column + p] : [image, column + p], channel, vector, sum));
        }

        return epilogue.Finish(loops.Write(
            draft, window, config.Rows, config.Places, Machine, (image, row, column, channel, piece) => Tile(image, row, column, channel, piece.Lanes)));
    }

    /// <summary>A max pool of floats. Others are rare, and left to the generic rules.</summary>
    private static bool IsPool(Node node) =>
        node is { Op: MaxPool { Layout: Layout.ChannelsLast } pool } && node.Output.Element.IsFloat && Fits(pool.Window) && node.Output.Shape.ElementCount > 0;

    /// <summary>A convolution of floats of which a vector holds two groups at least, each of as many columns as channels: a power of two.</summary>
    private bool IsGrouped(Node node) =>
        node.Op is Conv { Layout: Layout.ChannelsLast, Groups: > 1, Sum: null } conv && node.Output.Element.IsFloat && Fits(conv.Window)
        && node.Inputs[1].Constant is not null && node.Inputs[0].Shape[^1] == node.Output.Shape[^1] && node.Output.Shape.ElementCount > 0
        && DepthOf(node) is var depth and > 1 && long.IsPow2(depth) && 2 * depth <= Machine.Lanes(node.Output.Element)
        && depth * conv.Window.Kernel.Aggregate(1L, (a, b) => a * b) <= GroupedLimit;

    private static bool Fits(Window window) =>
        window is { Rank: 1 or 2, HasPadding: false } && window.Kernel.Aggregate(1L, (a, b) => a * b) <= WindowLimit;

    private T Configs<T>(Group group, Func<Node, DType, long, long, MachineFacts, T> choose)
    {
        var shape = group.Inner.Shape;
        return choose(group.Anchor!, group.Inner.Element, WindowOf(group.Anchor!).Rank == 2 ? shape[1].Value : 1, shape[^2].Value, Machine);
    }

    private Schedule ToSchedule(WindowConfig config) => new(Name, [.. config.Knobs]);
}
