using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using static Lathe.Tests.Graphs.RandomTensors;

namespace Lathe.Tests.Graphs;

internal static partial class OpSamples
{
    private static void AddSampling()
    {
        Add<ConvTranspose>(r =>
        [
            new(new ConvTranspose(Strided(3, 2), [1, 0], 1, Layout.ChannelsFirst), Of(r, DType.Float32, [1, 2, 4, 3]), Of(r, DType.Float32, [2, 3, 3, 2])),
            new(new ConvTranspose(Window.Of(2), [0], 2, Layout.ChannelsFirst), Of(r, DType.Float32, [2, 4, 5]), Of(r, DType.Float32, [4, 3, 2])),
            new(new ConvTranspose(Strided(3, 3), [0, 1], 1, Layout.ChannelsLast), Of(r, DType.Float32, [1, 4, 3, 2]), Of(r, DType.Float32, [3, 3, 2, 5])),
            new(new ConvTranspose(new([2, 3, 2], [2, 1, 3], [0, 0, 0], [0, 0, 0], [1, 1, 1]), [0, 0, 0], 1, Layout.ChannelsLast), Of(r, DType.Float32, [1, 2, 3, 2, 2]), Of(r, DType.Float32, [2, 3, 2, 2, 4])),
            new(new ConvTranspose(new([2, 3, 3], [2, 1, 1], [0, 1, 1], [0, 1, 1], [1, 1, 1]), [0, 0, 0], 1, Layout.ChannelsLast), Of(r, DType.Float32, [2, 3, 4, 2, 3]), Of(r, DType.Float32, [2, 3, 3, 3, 2])),
            new(new ConvTranspose(new([2, 3, 3], [2, 2, 1], [0, 2, 1], [0, 0, 0], [1, 1, 1]), [0, 0, 0], 1, Layout.ChannelsLast), Of(r, DType.Float32, [1, 3, 4, 2, 3]), Of(r, DType.Float32, [2, 3, 3, 3, 2])),
        ]);
        Add<GridSample>(r => Enum.GetValues<ResizeMode>().SelectMany(mode => Enum.GetValues<GridPadding>(), (mode, padding) => new[] { true, false }.Select(align => new OpSample(
            new GridSample(mode, padding, align), Of(r, DType.Float32, [2, 2, 4, 5]), Of(r, DType.Float32, [2, 3, 3, 2], -1.8, 1.8)))).SelectMany(s => s));
        Add<AffineGrid>(r => new[] { true, false }.SelectMany(align => new OpSample[]
        {
            new(new AffineGrid([3, 4], align), Of(r, DType.Float32, [2, 2, 3])), new(new AffineGrid([1, 2, 3], align), Of(r, DType.Float16, [1, 3, 4])),
        }));
        Add<CenterCropPad>(r =>
        [
            new(new CenterCropPad([0, 2], [3, 6]), Of(r, DType.Float32, [6, 2, 3])), new(new CenterCropPad([1], [4]), Of(r, DType.Int8, [2, 7])), new(new CenterCropPad([0], [2]), Of(r, DType.Bool, [0])),
        ]);
        Add<Col2Im>(r =>
        [
            new(new Col2Im([5, 4], Window.Of(2, 3)), Of(r, DType.Float32, [2, 12, 8])), new(new Col2Im([7], Strided(3)), Of(r, DType.Int32, [1, 6, 3])),
            new(new Col2Im([4, 4, 5], Window.Of(1, 1, 5)), Of(r, DType.Float16, [1, 5, 16])),
        ]);
        Add<RoiAlign>(r => new[] { false, true }.SelectMany(max => new[] { 0, 2 }, (max, ratio) => new OpSample(
            new RoiAlign(3, 2, ratio, 0.5, max, HalfPixel: ratio == 0), Of(r, DType.Float32, [2, 2, 6, 5]), Tensor.Of(Shape.Of(2, 4), 1f, 2, 9, 8, -3, -2, 5, 30), Tensor.Vector(1L, 0))));
        Add<DepthToSpace>(r => [new(new DepthToSpace(2, false), Of(r, DType.Float32, [2, 8, 2, 3])), new(new DepthToSpace(2, true), Of(r, DType.Int8, [1, 4, 3, 2]))]);
        Add<SpaceToDepth>(r => [new(new SpaceToDepth(2), Of(r, DType.Float32, [2, 3, 4, 6]))]);
        Add<Resize>(r => Enum.GetValues<CoordinateMode>().SelectMany(mode => Enum.GetValues<ResizeMode>(), (coordinates, mode) => new Resize(
            [1, 2, 7, 2], [1, 1, 7 / 4.0, 2 / 5.0], mode, coordinates, NearestMode.Floor, Roi: [0, 0, 0.2, 0.1, 1, 1, 1.3, 0.9], ExtrapolationValue: 3)).SelectMany(
                op => new OpSample[]
                {
                    new(op, Of(r, DType.Float32, [1, 2, 4, 5])), new(op with { Antialias = true, ExcludeOutside = true }, Of(r, DType.Float32, [1, 2, 4, 5])),
                    new(op with { Nearest = NearestMode.RoundPreferCeil }, Of(r, DType.UInt8, [1, 2, 4, 5], 0, 200)),
                }));
    }
}
