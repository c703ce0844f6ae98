using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using static Lathe.Tests.Graphs.RandomTensors;

namespace Lathe.Tests.Graphs;

internal static partial class OpSamples
{
    private static void AddReductions()
    {
        Reduction((axes, keep) => new ReduceSum(axes, keep), DType.Float32, DType.Int32);
        Reduction((axes, keep) => new ReduceProd(axes, keep), DType.Float32, DType.Int64);
        Reduction((axes, keep) => new ReduceMin(axes, keep), DType.Float32, DType.Bool);
        Reduction((axes, keep) => new ReduceMax(axes, keep), DType.Float16, DType.UInt8);
        Reduction((axes, keep) => new ReduceMean(axes, keep), DType.Float32, DType.Int32);
        Reduction((axes, keep) => new ReduceL1(axes, keep), DType.Float32, DType.Int32);
        Reduction((axes, keep) => new ReduceL2(axes, keep), DType.Float32, DType.Int32);
        Reduction((axes, keep) => new ReduceLogSum(axes, keep), DType.Float32);
        Reduction((axes, keep) => new ReduceLogSumExp(axes, keep), DType.Float32, DType.Float64);
        Reduction((axes, keep) => new ReduceSumSquare(axes, keep), DType.Float32, DType.Int32);
        Add<ArgMax>(r => [new(new ArgMax(1, true), Of(r, DType.Float32, [2, 5, 3])), new(new ArgMax(0, false, true), Of(r, DType.Int32, [6]))]);
        Add<ArgMin>(r => [new(new ArgMin(2, false), Of(r, DType.Float32, [2, 5, 3])), new(new ArgMin(0, true, true), Of(r, DType.UInt8, [6]))]);
    }

    private static void AddMovement()
    {
        Add<Reshape>(r =>
        [
            new(new Reshape(Shape.Of(4, 3, 5)), Of(r, DType.Float32, [2, 6, 5])), new(new Reshape(Shape.Of(60)), Of(r, DType.Int8, [3, 1, 4, 5])),
            new(new Reshape(Shape.Of(1, 1)), Of(r, DType.Bool, [])), new(new Reshape(Shape.Of(5, 0)), Of(r, DType.Float32, [0, 3])),
            new(new Reshape(Shape.Of(2, 1, 3, 2, 1)), Of(r, DType.Float16, [1, 2, 6, 1])), new(new Reshape(Shape.Of(8, 9)), Of(r, DType.Float32, [6, 12])),
        ]);
        Add<Transpose>(r =>
        [
            new(new Transpose([2, 0, 1]), Of(r, DType.Float32, [2, 3, 4])), new(new Transpose([]), Of(r, DType.Int32, [])),
            new(new Transpose([0, 2, 3, 1]), Of(r, DType.UInt8, [2, 3, 1, 4])),
        ]);
        Add<Expand>(r => [new(new Expand(Shape.Of(2, 3, 4)), Of(r, DType.Float32, [3, 1])), new(new Expand(Shape.Of(1, 3)), Of(r, DType.Int64, [4, 1]))]);
        Add<Concat>(r =>
        [
            new(new Concat(1), Of(r, DType.Float32, [2, 3]), Of(r, DType.Float32, [2, 0]), Of(r, DType.Float32, [2, 4]), Of(r, DType.Float32, [2, 1])),
            new(new Concat(0), Of(r, DType.Bool, [4])), new(new Concat(0), Of(r, DType.Int8, [0]), Of(r, DType.Int8, [0])),
        ]);
        Add<Slice>(r =>
        [
            new(new Slice([1, 4], [2, 3], [1, -2]), Of(r, DType.Float32, [3, 5])), new(new Slice([0], [0], [1]), Of(r, DType.Float32, [3])),
        ]);
        Add<Gather>(r =>
        [
            new(new Gather(1), Of(r, DType.Float32, [2, 5, 3]), Of(r, DType.Int64, [2, 2], -5, 4)), new(new Gather(0), Of(r, DType.Int32, [4]), Of(r, DType.Int32, [], 0, 3)),
            new(new Gather(0), Of(r, DType.Float32, [4]), Of(r, DType.UInt8, [3], 0, 9)),
        ]);
        Add<GatherElements>(r => [new(new GatherElements(1), Of(r, DType.Float32, [3, 5]), Of(r, DType.Int64, [2, 7], -5, 4))]);
        Add<Tile>(r => [new(new Tile([2, 1, 3]), Of(r, DType.Float32, [2, 3, 2])), new(new Tile([0]), Of(r, DType.Int8, [3]))]);
        Add<Pad>(r => new[] { PadMode.Constant, PadMode.Reflect, PadMode.Edge, PadMode.Wrap }.SelectMany(mode => new OpSample[]
        {
            new(new Pad([0, 2], [1, 3], mode, 1.5), Of(r, DType.Float32, [2, 4])), new(new Pad([-1, 1], [2, -2], mode), Of(r, DType.Int32, [3, 4])),
            new(new Pad([7], [5], mode), Of(r, DType.Float32, [3])),
        }));
    }

    private static void AddImages()
    {
        Add<Conv>(r =>
        [
            new(new Conv(Window.Of(3, 2), 1, Layout.ChannelsFirst), Of(r, DType.Float32, [2, 3, 5, 6]), Of(r, DType.Float32, [4, 3, 3, 2])),
            new(new Conv(Strided(3), 2, Layout.ChannelsFirst), Of(r, DType.Float32, [1, 4, 9]), Of(r, DType.Float32, [6, 2, 3])),
            new(new Conv(Strided(3, 3), 1, Layout.ChannelsLast), Of(r, DType.Float32, [1, 7, 8, 2]), Of(r, DType.Float32, [3, 3, 2, 5])),
            new(new Conv(Window.Of(2, 2, 2), 3, Layout.ChannelsLast), Of(r, DType.Int32, [1, 3, 3, 3, 3]), Of(r, DType.Int32, [2, 2, 2, 1, 6])),
        ]);
        Add<MatMul>(r =>
        [
            new(new MatMul(), Of(r, DType.Float32, [3, 4]), Of(r, DType.Float32, [4, 5])), new(new MatMul(true, true), Of(r, DType.Float32, [4, 3]), Of(r, DType.Float32, [5, 4])),
            new(new MatMul(), Of(r, DType.Float32, [2, 1, 3, 4]), Of(r, DType.Float32, [6, 4, 5])), new(new MatMul(), Of(r, DType.Float32, [3, 0]), Of(r, DType.Float32, [0, 2])),
            new(new MatMul { Sum = DType.Int32 }, Of(r, DType.UInt8, [5, 9], 0, 255), Of(r, DType.Int8, [9, 7], -128, 127)),
            new(new MatMul(TransposeB: true) { Sum = DType.Int64 }, Of(r, DType.Int16, [2, 4]), Of(r, DType.Int8, [3, 4])),
        ]);
        Add<MaxPool>(r => [new(new MaxPool(Window.Of(2, 2), Layout.ChannelsFirst), Of(r, DType.Float32, [1, 2, 5, 4])), new(new MaxPool(Strided(3, 3), Layout.ChannelsLast), Of(r, DType.Int8, [2, 6, 7, 3]))]);
        Add<AveragePool>(r =>
        [
            new(new AveragePool(Strided(3, 3), false, Layout.ChannelsFirst), Of(r, DType.Float32, [1, 2, 6, 7])),
            new(new AveragePool(Strided(3), true, Layout.ChannelsLast), Of(r, DType.Float32, [2, 8, 3])),
            new(new AveragePool(Window.Of(2) with { PadsAfter = [3] }, true, Layout.ChannelsFirst, [1]), Of(r, DType.Float32, [1, 1, 4])),
        ]);
        Add<LpPool>(r => new[] { 1, 2, 3 }.Select(p => new OpSample(new LpPool(Strided(3, 2), p, Layout.ChannelsFirst), Of(r, DType.Float32, [1, 2, 6, 7]))));
    }

    private static void AddNormalizations()
    {
        Add<Softmax>(r => [new(new Softmax(1), Of(r, DType.Float32, [2, 5, 3])), new(new Softmax(0), Of(r, DType.Float16, [7]))]);
        Add<LogSoftmax>(r => [new(new LogSoftmax(1), Of(r, DType.Float32, [2, 5]))]);
        Add<Hardmax>(r => [new(new Hardmax(1), Of(r, DType.Float32, [2, 5, 3]))]);
        Add<OneHot>(r => [new(new OneHot(4, 1), Of(r, DType.Int64, [2, 3], -4, 5), Tensor.Vector(0f, 2f)), new(new OneHot(3, 0), Of(r, DType.UInt8, [], 0, 3), Tensor.Vector(5, 6))]);
        Add<BatchNormalization>(r =>
        [
            new(new BatchNormalization(1e-3, Layout.ChannelsFirst), Of(r, DType.Float32, [2, 3, 4]), Vector(r, 3), Vector(r, 3), Vector(r, 3), Of(r, DType.Float32, [3], 0.1, 2)),
            new(new BatchNormalization(1e-3, Layout.ChannelsLast), Of(r, DType.Float32, [2, 2, 2, 3]), Vector(r, 3), Vector(r, 3), Vector(r, 3), Of(r, DType.Float32, [3], 0.1, 2)),
        ]);
        Add<LayerNormalization>(r =>
        [
            new(new LayerNormalization(1, 1e-5), Of(r, DType.Float32, [2, 3, 4]), Of(r, DType.Float32, [3, 4]), Vector(r, 4)), new(new LayerNormalization(2, 1e-5), Of(r, DType.Float32, [2, 3, 4]), Vector(r, 4)),
        ]);
        Add<RmsNormalization>(r => [new(new RmsNormalization(1, 1e-5), Of(r, DType.Float32, [2, 6]), Vector(r, 6))]);
        Add<InstanceNormalization>(r =>
        [
            new(new InstanceNormalization(1e-5, Layout.ChannelsFirst), Of(r, DType.Float32, [2, 3, 4, 2]), Vector(r, 3), Vector(r, 3)),
            new(new InstanceNormalization(1e-5, Layout.ChannelsLast), Of(r, DType.Float32, [2, 5, 3]), Vector(r, 3), Vector(r, 3)),
        ]);
        Add<GroupNormalization>(r => [new(new GroupNormalization(2, 1e-5), Of(r, DType.Float32, [2, 4, 3]), Vector(r, 4), Vector(r, 4))]);
        Add<LpNormalization>(r => [new(new LpNormalization(1, 1), Of(r, DType.Float32, [2, 5])), new(new LpNormalization(0, 2), Of(r, DType.Float32, [4, 2]))]);
        Add<MeanVarianceNormalization>(r => [new(new MeanVarianceNormalization([0, 2]), Of(r, DType.Float32, [2, 3, 4]))]);
        Add<LRN>(r => [new(new LRN(3, 0.01, 0.75, 1), Of(r, DType.Float32, [2, 5, 3])), new(new LRN(10, 0.01, 0.75, 2), Of(r, DType.Float32, [1, 3, 2]))]);
    }

    private static void Reduction<T>(Func<EquatableArray<int>, bool, T> make, params DType[] types) where T : Op => Add<T>(r => types.SelectMany(type => new OpSample[]
    {
        new(make([1], true), Of(r, type, [2, 5, 3], 0.1)), new(make([0, 2], false), Of(r, type, [2, 5, 3], 0.1)), new(make([], true), Of(r, type, [3], 0.1)),
        new(make([0], false), Of(r, type, [4], 0.1)),
    }));

    private static Tensor Vector(Random random, long length) => Of(random, DType.Float32, [length]);

    /// <summary>Stride 2, dilation 1 and 2, one element of padding before, two after.</summary>
    private static Window Strided(params long[] kernel) => Window.Of(kernel) with
    {
        Strides = [.. kernel.Select(_ => 2L)],
        Dilations = [.. kernel.Select((_, i) => i == 0 ? 2L : 1)],
        PadsBefore = [.. kernel.Select(_ => 1L)],
        PadsAfter = [.. kernel.Select(_ => 2L)],
    };
}
