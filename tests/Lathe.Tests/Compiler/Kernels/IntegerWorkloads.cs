using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using Lathe.Tests.Graphs;

namespace Lathe.Tests.Compilation.Kernels;

/// <summary>
/// Draws small quantized models: convolutions of all kinds and matrix products of bytes with zero points, brought to bytes again by fixed-point factors or as
/// ONNX does it, one or two after another, with a residual at times.
/// </summary>
internal sealed class IntegerWorkloads(int seed, GraphBuilder builder, string prefix)
{
    private readonly Random _random = new(seed);
    private readonly List<Value> _inputs = [];

    /// <summary>A model of several draws that have nothing in common.</summary>
    public static Graph Model(IEnumerable<int> seeds)
    {
        var builder = new GraphBuilder();
        var (inputs, outputs) = (new List<Value>(), new List<GraphOutput>());
        foreach (int seed in seeds)
        {
            var workload = new IntegerWorkloads(seed, builder, $"{seed}.");
            outputs.Add(new($"{seed}.y", workload.Draw()));
            inputs.AddRange(workload._inputs);
        }
        return new Graph("integers", inputs, outputs);
    }

    /// <summary>Bytes of the whole range for every input.</summary>
    public static Dictionary<string, Tensor> Inputs(Graph graph, int seed)
    {
        var random = new Random(seed);
        return graph.Inputs.ToDictionary(v => ((Input)v.Op).InputName, v => Bytes(random, v.Element, v.Shape.ToArray()));
    }

    private static Tensor Bytes(Random random, DType type, params long[] shape) =>
        type == DType.UInt8 ? RandomTensors.Of(random, type, shape, 0, 255) : RandomTensors.Of(random, type, shape, -128, 127);

    private Value Draw() => Chance(2, 3) ? Images() : Rows();

    private Value Images()
    {
        var layout = Pick(Layout.ChannelsLast, Layout.ChannelsLast, Layout.ChannelsFirst);
        int rank = Pick(1, 2, 2, 2);
        long channels = Pick(1L, 3, 4, 5, 8, 12, 16, 20, 33, 48, 64, 70);
        long[] spatial = [.. Enumerable.Range(0, rank).Select(_ => (long)Between(5, 12))];
        long batch = Pick(1L, 1, 2);
        var x = Input(layout == Layout.ChannelsFirst ? [batch, channels, .. spatial] : [batch, .. spatial, channels]);
        var y = Convolution(x, layout);
        if (Chance(1, 2))
        {
            var z = Convolution(y, layout);
            y = z.Type == y.Type && Chance(1, 2) ? Sum(y, z) : z;
        }
        return y;
    }

    private Value Convolution(Value x, Layout layout)
    {
        int rank = x.Type.Rank - 2;
        var image = ImageAxes.Of(layout, rank + 2);
        long channels = x.Shape[image.Channel].Value;
        bool depthwise = channels > 1 && Chance(1, 3);
        long groups = depthwise ? channels : channels % 4 == 0 && Chance(1, 6) ? 4 : 1;
        long columns = depthwise ? channels : groups * Pick(1L, 4, 7, 16, 17, 33, 40, 80);
        long least = Enumerable.Range(0, rank).Min(i => x.Shape[image.FirstSpatial + i].Value);
        EquatableArray<long> Each(Func<long> value) => [.. Enumerable.Range(0, rank).Select(_ => value())];
        long reach = Math.Min(least, 5), kernel = Pick(1L, 1, Math.Min(3, reach), Math.Min(5, reach));
        long dilation = kernel == 3 && least >= 5 && Chance(1, 5) ? 2 : 1;
        var window = new Window(Each(() => kernel), Each(() => Pick(1L, 1, 2)), Each(() => kernel == 1 ? 0 : Between(0, 1)), Each(() => kernel == 1 ? 0 : Between(0, 1)), Each(() => dilation));
        long perGroup = channels / groups;
        long[] taps = [.. window.Kernel];
        var type = Pick(DType.Int8, DType.UInt8);
        var weights = builder.Constant(Bytes(_random, type, layout == Layout.ChannelsFirst ? [columns, perGroup, .. taps] : [.. taps, perGroup, columns]));
        long products = perGroup * taps.Aggregate(1L, (a, b) => a * b);
        if (Chance(1, 4))
        {
            var parts = new List<Value>
            {
                x, builder.Scalar(0.02, DType.Float32), Zero(x.Element), weights, PerColumn(columns, 0.01f / MathF.Sqrt(products)),
                Chance(1, 2) ? Zero(type) : builder.Constant(Bytes(_random, type, columns)), builder.Scalar(0.02, DType.Float32), Zero(Pick(DType.UInt8, DType.Int8)),
            };
            if (Chance(1, 2))
                parts.Add(builder.Constant(RandomTensors.Of(_random, DType.Int32, [columns], -9000, 9000)));
            return builder.Add(new QLinearConv(window, groups, layout), [.. parts]);
        }
        var sum = builder.Add(new ConvInteger(window, groups, layout), x, weights, Zero(x.Element), Zero(type));
        return Requantized(sum, products, image.Channel);
    }

    private Value Rows()
    {
        long depth = Between(1, 70), columns = Pick(1L, 3, 8, 16, 17, 33, 65, 100);
        long[] rows = Chance(1, 2) ? [Between(1, 9)] : [Between(1, 3), Between(1, 6)];
        var x = Input([.. rows, depth]);
        var type = Pick(DType.Int8, DType.UInt8);
        var weights = builder.Constant(Bytes(_random, type, depth, columns));
        var zero = Chance(1, 4) ? builder.Constant(Bytes(_random, type, columns)) : Zero(type);
        var dataZero = Chance(1, 6) ? builder.Add(new Cast(x.Element), Input([], DType.UInt8)) : Zero(x.Element);
        var sum = builder.Add(new MatMulInteger(), x, weights, dataZero, zero);
        return Chance(1, 5) ? sum : Requantized(sum, depth, sum.Type.Rank - 1);
    }

    /// <summary>Bias, a factor for all or each channel, zero point, activation, bytes.</summary>
    private Value Requantized(Value sum, long products, int channelAxis)
    {
        long columns = sum.Shape[channelAxis].Value;
        int after = sum.Type.Rank - 1 - channelAxis;
        Value Along(Tensor tensor) => builder.Constant(tensor.Reshape([tensor.Shape[0], .. Enumerable.Repeat((Dim)1, after)]));
        if (Chance(3, 4))
            sum = builder.Add(new Add(), sum, Along(RandomTensors.Of(_random, DType.Int32, [columns], -9000, 9000)));
        int shift = -(int)Math.Round(Math.Log2(100 * Math.Sqrt(products)));
        bool each = Chance(1, 2);
        long count = each ? columns : 1;
        var multiplier = RandomTensors.Of(_random, DType.Int32, [count], 1 << 30, int.MaxValue);
        var shifts = RandomTensors.Of(_random, DType.Int32, [count], shift - 1, shift + 1);
        var scaled = builder.Add(new FixedPointScale(Pick(Enum.GetValues<FixedPointRounding>())), sum, Along(multiplier), Along(shifts));
        var type = Pick(DType.UInt8, DType.Int8);
        var (low, high) = type == DType.UInt8 ? (0, 255) : (-128, 127);
        var moved = Chance(3, 4) ? builder.Add(new Add(), scaled, builder.Scalar(Between(low, high), DType.Int32)) : scaled;
        return builder.Add(new Cast(type), builder.Add(Chance(1, 3) ? new Clip(low + 20, high - 9) : new Clip(low, high), moved));
    }

    private Value Sum(Value a, Value b)
    {
        Value Scaled(Value x) => builder.Add(
            new FixedPointScale(FixedPointRounding.TwiceAway),
            builder.Add(new Mul(), builder.Add(new Sub(), builder.Add(new Cast(DType.Int32), x), builder.Scalar(100, DType.Int32)), builder.Scalar(1 << 20, DType.Int32)),
            builder.Scalar(Between(1 << 30, int.MaxValue - 1), DType.Int32), builder.Scalar(-Between(1, 3), DType.Int32));
        var sum = builder.Add(new FixedPointScale(FixedPointRounding.TwiceAway), builder.Add(new Add(), Scaled(a), Scaled(b)), builder.Scalar(1 << 30, DType.Int32), builder.Scalar(-18, DType.Int32));
        return builder.Add(new Cast(DType.UInt8), builder.Add(new Clip(0, 255), builder.Add(new Add(), sum, builder.Scalar(90, DType.Int32))));
    }

    private Value PerColumn(long columns, float size) =>
        Chance(1, 2) ? builder.Scalar(size, DType.Float32) : builder.Constant(RandomTensors.Of(_random, DType.Float32, [columns], size / 2, size));

    private Value Zero(DType type)
    {
        var zero = Tensor.Zeros(type, Shape.Scalar);
        zero.SetInt64(0, Chance(1, 3) ? 0 : type == DType.UInt8 ? Between(0, 255) : Between(-128, 127));
        return builder.Constant(zero);
    }

    private Value Input(long[] shape, DType? type = null)
    {
        _inputs.Add(builder.Input($"{prefix}x{_inputs.Count}", new(type ?? Pick(DType.UInt8, DType.Int8), Shape.Of(shape))));
        return _inputs[^1];
    }

    private bool Chance(int of, int outOf) => _random.Next(outOf) < of;

    private int Between(int low, int high) => _random.Next(low, high + 1);

    private T Pick<T>(params T[] from) => from[_random.Next(from.Length)];
}
