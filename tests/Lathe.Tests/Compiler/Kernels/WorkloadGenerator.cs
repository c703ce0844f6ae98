using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using Lathe.Tests.Graphs;

namespace Lathe.Tests.Compilation.Kernels;

/// <summary>
/// Draws small models around a convolution or matrix product: operands of all kinds, elementwise work after it, and users that
/// decide what may be fused. Numbers are scaled so that every value stays near 1: inputs are in [-1, 1], and weights shrink with the root
/// of the number of products in a sum.
/// </summary>
internal sealed class WorkloadGenerator(int seed, GraphBuilder builder, string prefix)
{
    /// <summary>Multiply-adds above which a draw is made smaller, so that the evaluator stays fast.</summary>
    private const long MacLimit = 1_500_000;

    private readonly Random _random = new(seed);
    private readonly List<Value> _inputs = [];
    private readonly List<GraphOutput> _outputs = [];

    public IReadOnlyList<Value> Inputs => _inputs;

    public IReadOnlyList<GraphOutput> Outputs => _outputs;

    /// <summary>A model of one draw.</summary>
    public static Graph Model(int seed) => Model([seed]);

    /// <summary>A model of several draws that have nothing in common.</summary>
    public static Graph Model(IEnumerable<int> seeds)
    {
        var builder = new GraphBuilder();
        var draws = seeds.Select(seed =>
        {
            var generator = new WorkloadGenerator(seed, builder, $"{seed}.");
            generator.Draw();
            return generator;
        }).ToArray();
        return new Graph("workload", draws.SelectMany(d => d.Inputs), draws.SelectMany(d => d.Outputs));
    }

    /// <summary>A 3x3 convolution of stride 1 that Winograd's method may take, with what comes after it.</summary>
    public static Graph WideConvolution(int seed)
    {
        var generator = new WorkloadGenerator(seed, new GraphBuilder(), "");
        generator.DrawWideConvolution();
        return new Graph("convolution", generator.Inputs, generator.Outputs);
    }

    /// <summary>A convolution with few output channels, padded or not, with what comes after it; half of the models put its channels into places.</summary>
    public static Graph NarrowConvolution(int seed)
    {
        var generator = new WorkloadGenerator(seed, new GraphBuilder(), "");
        generator.DrawNarrowConvolution();
        return new Graph("convolution", generator.Inputs, generator.Outputs);
    }

    public void Draw()
    {
        bool isConv = Chance(3, 5);
        var value = isConv ? Conv(null) : MatMul();
        value = Epilogue(value);
        Use(value, isConv);
    }

    private void DrawWideConvolution()
    {
        long inputs = Between(16, 50), outputs = Between(16, 50);
        long batch = Chance(1, 15) ? 0 : Pick(1, 1, 2);
        long pad = Between(0, 1);
        var window = Lathe.Graphs.Ops.Window.Of(3, 3) with { PadsBefore = [pad, pad], PadsAfter = [pad, pad] };
        var x = Image(Layout.ChannelsFirst, batch, inputs, [Between(6, 19), Between(6, 19)]);
        double size = 1 / Math.Sqrt(9 * inputs);
        Use(Epilogue(builder.Add(new Conv(window, 1, Layout.ChannelsFirst), x, Constant(size, outputs, inputs, 3, 3))), isImage: true);
    }

    private void DrawNarrowConvolution()
    {
        int rank = Pick(1, 2, 2, 2);
        long factor = Pick(1, 1, 2, 3, 4);
        long inputs = Between(1, 40);
        EquatableArray<long> Each(Func<long> down, long across) =>
            Enumerable.Range(0, rank).Select(i => i == rank - 1 ? across : down()).ToEquatableArray();
        var window = new Window(
            Each(() => Between(1, 4), Between(1, 5)), Each(() => Pick(1L, 1, 2), 1), Each(() => Between(0, 2), Between(0, 2)),
            Each(() => Between(0, 2), Between(0, 2)), Each(() => Pick(1L, 1, 2), Pick(1L, 1, 2)));
        long columns = rank == 1 ? Between(1, 14) : factor * factor * Between(1, (int)Math.Max(1, 14 / (factor * factor)));
        var x = Image(Layout.ChannelsFirst, Pick(1, 1, 2), inputs, rank == 1 ? [Between(24, 70)] : [Between(7, 14), Between(24, 44)]);
        double size = 1 / Math.Sqrt(inputs * window.Kernel.Aggregate(1L, (a, b) => a * b));
        var value = Epilogue(builder.Add(new Conv(window, 1, Layout.ChannelsFirst), x, Constant(size, [columns, inputs, .. window.Kernel])));
        if (rank == 2 && factor > 1)
            value = Epilogue(Shuffled(value, factor));
        Use(value, isImage: true);
    }

    /// <summary>Groups of factor x factor channels as blocks of places, in either order that formats know.</summary>
    private Value Shuffled(Value value, long factor)
    {
        var shape = value.Shape.ToArray();
        long channels = shape[1] / (factor * factor);
        bool depthFirst = Chance(1, 2);
        var split = builder.Add(new Reshape(depthFirst ? [shape[0], factor, factor, channels, shape[2], shape[3]] : [shape[0], channels, factor, factor, shape[2], shape[3]]), value);
        var woven = builder.Add(new Transpose(depthFirst ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3]), split);
        return builder.Add(new Reshape([shape[0], channels, shape[2] * factor, shape[3] * factor]), woven);
    }

    private bool Chance(int of, int outOf) => _random.Next(outOf) < of;

    private int Between(int low, int high) => _random.Next(low, high + 1);

    private T Pick<T>(params T[] from) => from[_random.Next(from.Length)];

    private Value Input(params long[] shape)
    {
        _inputs.Add(builder.Input($"{prefix}x{_inputs.Count}", new(DType.Float32, Shape.Of(shape))));
        return _inputs[^1];
    }

    private Value Constant(double size, params long[] shape) =>
        builder.Constant(RandomTensors.Of(_random, DType.Float32, shape, -size, size));

    private void Output(Value value) => _outputs.Add(new($"{prefix}y{_outputs.Count} {value.Node.Op.Name}", value));

    /// <summary>A convolution of a new input or of the value, in either layout.</summary>
    private Value Conv(Value? data)
    {
        int spatial = data?.Type.Rank - 2 ?? Pick(1, 2, 2, 2, 3);
        var layout = Pick(Layout.ChannelsFirst, Layout.ChannelsFirst, Layout.ChannelsLast);
        var axes = ImageAxes.Of(layout, spatial + 2);
        int limit = spatial switch { 1 => 20, 2 => 13, _ => 6 };
        long channels = data?.Shape[axes.Channel].Value ?? Between(1, spatial == 3 ? 20 : 70);
        long groups = Pick(1, 1, 1, channels, channels % 2 == 0 ? 2 : 1, channels % 3 == 0 ? 3 : 1);
        long outputs = groups * (groups == channels && channels > 1 ? Pick(1, 1, 2) : Between(1, (int)Math.Max(1, 70 / groups)));
        long[] extents = [.. Enumerable.Range(0, spatial).Select(i => data?.Shape[axes.FirstSpatial + i].Value ?? Between(1, limit))];
        var window = Window(extents);
        var x = data ?? Image(layout, Chance(1, 25) ? 0 : Pick(1, 1, 2), channels, extents);
        long perGroup = channels / groups;
        long[] weightShape = layout == Layout.ChannelsFirst
            ? [outputs, perGroup, .. window.Kernel]
            : [.. window.Kernel, perGroup, outputs];
        double size = 1 / Math.Sqrt(perGroup * window.Kernel.Aggregate(1L, (a, b) => a * b));
        var weights = Chance(7, 8) ? Constant(size, weightShape) : builder.Add(new Affine(size, 0), Input(weightShape));
        var node = builder.AddNode(new Conv(window, groups, layout), x, weights);
        return node.Op.Macs(node) <= MacLimit || data is not null ? node.Output : Conv(null);
    }

    /// <summary>A new input, or one that an elementwise op has made, as another layer's result would be.</summary>
    private Value Image(Layout layout, long batch, long channels, long[] extents)
    {
        var x = layout == Layout.ChannelsFirst ? Input([batch, channels, .. extents]) : Input([batch, .. extents, channels]);
        return Chance(1, 3) ? builder.Add(new Relu(), x) : x;
    }

    /// <summary>A window that fits into the padded image.</summary>
    private Window Window(long[] extents)
    {
        while (true)
        {
            int rank = extents.Length;
            EquatableArray<long> Each(Func<long> one) => Enumerable.Range(0, rank).Select(_ => one()).ToEquatableArray();
            bool pads = Chance(1, 2);
            var window = new Window(
                Each(() => Pick(1L, 1, 2, 3, 3, 4, 5)), Each(() => Pick(1L, 1, 2, 3)), Each(() => pads ? Between(0, 2) : 0), Each(() => pads ? Between(0, 2) : 0),
                Each(() => Pick(1L, 1, 1, 2)));
            if (Enumerable.Range(0, rank).All(i =>
                extents[i] + window.PadsBefore[i] + window.PadsAfter[i] > (window.Kernel[i] - 1) * window.Dilations[i]))
            {
                return window;
            }
        }
    }

    private Value MatMul()
    {
        var (transposeA, transposeB) = (Chance(1, 3), Chance(1, 3));
        long m = Between(1, 70), n = Between(1, 70), k = Between(1, 70);
        long[] batch = [.. Enumerable.Range(0, Between(0, 2)).Select(_ => (long)Between(1, 4))];
        long[] Batch() => [.. batch.Skip(Between(0, batch.Length)).Select(e => Chance(1, 4) ? 1 : e)];
        double size = 1 / Math.Sqrt(k);
        long[] shapeA = [.. Chance(3, 4) ? batch : Batch(), .. transposeA ? new[] { k, m } : [m, k]];
        long[] matrixB = transposeB ? [n, k] : [k, n];
        var a = Input(shapeA);
        var b = Between(0, 4) switch
        {
            0 => builder.Add(new Affine(size, 0), Input([.. Batch(), .. matrixB])),
            1 => builder.Add(new Tanh(), Constant(size, [.. Batch(), .. matrixB])),
            2 => Constant(size, [.. Batch(), .. matrixB]),
            _ => Constant(size, matrixB),
        };
        return builder.Add(new MatMul(transposeA, transposeB), a, b);
    }

    private Value Epilogue(Value value)
    {
        for (int i = Between(0, 4); i > 0; i--)
            value = Step(value);
        return value;
    }

    private Value Step(Value value)
    {
        long[] shape = value.Shape.ToArray();
        // Varies along one axis only, as a bias or a gate does.
        int axis = shape.Length == 2 || Chance(1, 2) ? shape.Length - 1 : 1;
        long[] alongAxis = [.. Enumerable.Range(axis, shape.Length - axis).Select(i => i == axis ? shape[i] : 1)];
        return Between(0, 12) switch
        {
            0 or 1 => builder.Add(new Add(), value, Constant(1, alongAxis)),
            2 => builder.Add(new Mul(), Constant(1, alongAxis), value),
            3 => builder.Add(new Add(), Input(shape), value),
            4 => builder.Add(new Mul(), value, builder.Add(new Sigmoid(), Input(alongAxis))),
            5 => builder.Add(new Clip(0, 0.75), value),
            6 => builder.Add(new Swish(), value),
            7 => builder.Add(new Tanh(), value),
            8 => builder.Add(new Sub(), value, Constant(1, alongAxis)),
            9 => builder.Add(new Div(), value, builder.Scalar(1.7, DType.Float32)),
            10 => builder.Add(new Mul(), value, builder.Add(new HardSigmoid(1.0 / 6, 0.5), value)),
            11 => builder.Add(new Max(), value, Constant(1)),
            _ => builder.Add(new Relu(), value),
        };
    }

    /// <summary>What reads the value, and which values are outputs of the model.</summary>
    private void Use(Value value, bool isImage)
    {
        int rank = value.Type.Rank;
        long count = value.Shape.ElementCount;
        switch (Between(0, isImage ? 13 : 9))
        {
            case 0:
                Output(value);
                Output(value);
                return;
            case 1:
                Output(builder.Add(new Exp(), value));
                Output(value);
                return;
            case 2:
                Output(builder.Add(new Exp(), value));
                Output(builder.Add(new Neg(), value));
                return;
            case 3:
                Output(builder.Add(new Reshape(Shape.Of(count)), value));
                return;
            case 4:
                Output(builder.Add(new Relu(), builder.Add(new Reshape(Shape.Of(1, count, 1)), value)));
                return;
            case 5:
                Output(builder.Add(new Transpose([.. Enumerable.Range(0, rank).Reverse()]), value));
                return;
            case 6:
                Output(builder.Add(new Softmax(rank - 1), value));
                return;
            case 7:
                Output(builder.Add(new Add(), value, builder.Add(new ReduceMean([rank - 1], KeepDims: true), value)));
                return;
            case 8:
                Output(builder.Add(new Concat(Between(0, rank - 1)), value, builder.Add(new Neg(), value), value));
                return;
            case 9:
                var padding = Enumerable.Range(0, rank).Select(_ => (long)Between(0, 2)).ToEquatableArray();
                Output(builder.Add(new Pad(padding, padding), value));
                return;
            case 10 or 11:
                var next = Epilogue(Conv(value));
                Output(next);
                if (Chance(1, 4))
                    Output(value);
                return;
            case 12:
                Output(builder.Add(new ReduceMean([.. Enumerable.Range(2, rank - 2)], KeepDims: Chance(1, 2)), value));
                return;
            default:
                Output(value);
                return;
        }
    }
}
