using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using static Lathe.Tests.Graphs.RandomTensors;

namespace Lathe.Tests.Graphs;

internal static partial class OpSamples
{
    private static void AddQuantization()
    {
        Add<QuantizeLinear>(r =>
        [
            new(new QuantizeLinear(0), Of(r, DType.Float32, [2, 3], -300, 300), Tensor.Scalar(0.5f), Tensor.Scalar((byte)128)),
            new(new QuantizeLinear(1), Of(r, DType.Float32, [2, 3], -300, 300), Scales(r, 3), Of(r, DType.Int8, [3])),
            new(new QuantizeLinear(1, 2), Of(r, DType.Float16, [2, 5]), Scales(r, 2, 3).Cast(DType.Float16), Of(r, DType.UInt8, [2, 3])),
            new(new QuantizeLinear(0, TiesAway: true), Of(r, DType.Float32, [4, 5], -60, 60).Cast(DType.Int32).Cast(DType.Float32), Tensor.Scalar(2f), Tensor.Scalar((sbyte)-3)),
        ]);
        Add<FixedPointScale>(r => Enum.GetValues<FixedPointRounding>().SelectMany(rounding => new OpSample[]
        {
            new(new FixedPointScale(rounding), Of(r, DType.Int32, [3, 4], -100_000, 100_000), Of(r, DType.Int32, [4], 1 << 30, int.MaxValue), Of(r, DType.Int32, [4], -12, 3)),
            new(new FixedPointScale(rounding), Of(r, DType.Int32, [40], -40, 40), Tensor.Scalar(1 << 30), Tensor.Scalar(-1)),
            new(new FixedPointScale(rounding), Of(r, DType.Int64, [2, 3], -1_000_000, 1_000_000), Tensor.Scalar(20_000), Tensor.Scalar(8)),
        }));
        Add<ShiftedProduct>(r => new[] { (0L, 31, false), (1L << 30, 31, true), (1L << 30, 32, false) }.SelectMany(p => new OpSample[]
        {
            new(
                new ShiftedProduct(p.Item1, p.Item2, p.Item3), Of(r, DType.Int32, [3, 40], -100_000, 100_000), Of(r, DType.Int32, [40], 1 << 30, int.MaxValue - 1),
                Of(r, DType.Int32, [40], -9000, 9000), Of(r, DType.Int32, [40], 0, 12)),
            new(new ShiftedProduct(p.Item1, p.Item2, p.Item3), Of(r, DType.Int32, [5], -90, 90), Tensor.Scalar(1 << 30), Tensor.Scalar(8), Tensor.Scalar(4)),
        }));
        Add<FloorScale>(r =>
        [
            new(new FloorScale(Split: false), Of(r, DType.Int32, [3, 40], -100_000, 100_000), Of(r, DType.Float32, [40], 0.0001, 0.01), Of(r, DType.Float32, [40], -1, 1)),
            new(new FloorScale(Split: false), Of(r, DType.Int32, [9], -20, 20), Tensor.Scalar(0.5f), Tensor.Scalar(0.5f)),
            new(
                new FloorScale(Split: true), Of(r, DType.Int32, [2, 33], -10_000_000, 10_000_000), Of(r, DType.Float32, [33], 0.0001, 0.01), Of(r, DType.Float32, [33], -1, 1),
                Of(r, DType.Float32, [33], -1e-11, 1e-11)),
        ]);
        Add<AveragePoolInteger>(r =>
        [
            new(new AveragePoolInteger(Strided(3, 2), Layout.ChannelsFirst), Of(r, DType.Int8, [1, 2, 6, 5], -128, 127)),
            new(new AveragePoolInteger(Window.Of(2, 2) with { PadsBefore = [1, 0], PadsAfter = [1, 1] }, Layout.ChannelsLast), Of(r, DType.UInt8, [2, 4, 5, 3], 0, 255)),
        ]);
        Add<QuantizedOperator>(r =>
        {
            // What the operator computes of its operand: max(x, zero point), and the reals of bytes.
            Tensor x = Of(r, DType.Int8, [3, 2], -9, 9), bytes = Of(r, DType.UInt8, [4], 0, 255), reals = Tensor.Zeros(DType.Float32, [4]), above = Tensor.Zeros(DType.Int8, [3, 2]);
            for (int i = 0; i < x.Count; i++)
                above.SetInt64(i, Math.Max(3, x.GetInt64(i)));
            for (int i = 0; i < bytes.Count; i++)
                reals.SetDouble(i, 0.5 * (bytes.GetInt64(i) - 7));
            Scaling half = new([0.5], [3], 0), other = new([0.5], [7], 0);
            return [new(new QuantizedOperator("RELU", [], [half], half), above, x), new(new QuantizedOperator("DEQUANTIZE", [], [other], Scaling.None), reals, bytes)];
        });
        Add<DequantizeLinear>(r =>
        [
            new(new DequantizeLinear(0), Of(r, DType.UInt8, [2, 3], 0, 255), Tensor.Scalar(0.5f), Tensor.Scalar((byte)128)),
            new(new DequantizeLinear(1), Of(r, DType.Int8, [2, 3]), Scales(r, 3)),
            new(new DequantizeLinear(0, 2), Of(r, DType.Int8, [5, 2]), Scales(r, 3, 2), Of(r, DType.Int8, [3, 2])),
        ]);
        Add<DynamicQuantizeLinear>(r => [new(new DynamicQuantizeLinear(), Of(r, DType.Float32, [2, 5])), new(new DynamicQuantizeLinear(), Of(r, DType.Float32, [3], 0, 0))]);
        Add<MatMulInteger>(r =>
        [
            new(new MatMulInteger(), Of(r, DType.UInt8, [2, 3], 0, 255), Of(r, DType.Int8, [3, 4], -128, 127)),
            new(new MatMulInteger(), Of(r, DType.UInt8, [2, 3], 0, 255), Of(r, DType.UInt8, [3, 4], 0, 255), Of(r, DType.UInt8, [2], 0, 255), Of(r, DType.UInt8, [4], 0, 255)),
        ]);
        Add<ConvInteger>(r =>
        [
            new(new ConvInteger(Strided(3, 2), 1, Layout.ChannelsFirst), Of(r, DType.UInt8, [1, 2, 6, 5], 0, 255), Of(r, DType.UInt8, [3, 2, 3, 2], 0, 255), Tensor.Scalar((byte)7)),
            new(new ConvInteger(Window.Of(2), 2, Layout.ChannelsLast), Of(r, DType.UInt8, [1, 5, 4], 0, 255), Of(r, DType.Int8, [2, 2, 6], -9, 9), Tensor.Scalar((byte)7), Of(r, DType.Int8, [6])),
        ]);
        Add<QLinearMatMul>(r =>
        [
            new(
                new QLinearMatMul(), Of(r, DType.UInt8, [2, 3], 0, 255), Tensor.Scalar(0.01f), Tensor.Scalar((byte)100), Of(r, DType.UInt8, [3, 4], 0, 255),
                Scales(r, 4), Of(r, DType.UInt8, [4], 90, 110), Tensor.Scalar(0.2f), Tensor.Scalar((byte)120)),
        ]);
        Add<QLinearConv>(r => new[] { false, true }.Select(bias => new OpSample(
            new QLinearConv(Strided(3, 3), 1, Layout.ChannelsFirst),
            [
                Of(r, DType.UInt8, [1, 2, 6, 6], 0, 255), Tensor.Scalar(0.02f), Tensor.Scalar((byte)128), Of(r, DType.Int8, [4, 2, 3, 3], -100, 100), Scales(r, 4),
                Of(r, DType.Int8, [4], 0, 0), Tensor.Scalar(0.4f), Tensor.Scalar((byte)100), .. bias ? [Of(r, DType.Int32, [4], -500, 500)] : Array.Empty<Tensor>(),
            ])));
    }

    private static Tensor Scales(Random random, params long[] shape) => Of(random, DType.Float32, shape, 0.01, 0.5);
}
