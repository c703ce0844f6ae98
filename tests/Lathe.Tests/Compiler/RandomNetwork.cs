using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;
using Lathe.Tests.Graphs;

namespace Lathe.Tests.Compilation;

/// <summary>
/// Draws small networks of what convolutional networks are made of, in any order: layers of all kinds of windows, strides and groups, residuals, concatenations,
/// growing blocks, splits and shuffles of channels, pools, factors of channels, images made larger and smaller, and dense layers at the end. Weights shrink with the
/// root of the number of products in a sum, so that values stay near 1.
/// </summary>
internal sealed class RandomNetwork
{
    /// <summary>Multiply-adds after which no layer is added, so that the evaluator stays fast.</summary>
    private const long MacLimit = 3_000_000;
    private const long MostChannels = 160;

    private readonly Random _random;
    private readonly GraphBuilder _b = new();
    private readonly List<Value> _known = [];
    private readonly List<GraphOutput> _outputs = [];
    private long _macs;

    private RandomNetwork(int seed) => _random = new(seed);

    /// <summary>The network of a seed, which is the same each time.</summary>
    public static Graph Of(int seed)
    {
        var network = new RandomNetwork(seed);
        return network.Draw();
    }

    private Graph Draw()
    {
        var input = _b.Input("x", new(DType.Float32, Shape.Of(Chance(1, 4) ? 2 : 1, Chance(1, 2) ? 3 : _random.Next(1, 24), _random.Next(6, 25), _random.Next(6, 25))));
        _known.Add(Layer(input, Channels()));
        for (int blocks = _random.Next(3, 9); blocks > 0 && _macs < MacLimit; blocks--)
        {
            _known.Add(Block(_known[^1]));
            if (Chance(1, 8))
                _outputs.Add(new($"y{_outputs.Count}", Pick(_known)));
        }
        _outputs.Add(new("y", Chance(1, 3) ? Dense(_known[^1]) : _known[^1]));
        return new Graph("network", [input], _outputs);
    }

    private Value Block(Value x) => _random.Next(12) switch
    {
        0 => Residual(x),
        1 => Residual(x),
        2 => Concatenation(x),
        3 => Growing(x),
        4 => Shuffle(x),
        5 => Split(x),
        6 => Pool(x),
        7 => Inverted(x),
        8 => Excited(x),
        9 => Larger(x),
        10 => Skip(x),
        _ => Layer(x, Channels()),
    };

    /// <summary>A layer that keeps the shape, or two, with what is known of the same shape added before or after the activation.</summary>
    private Value Residual(Value x)
    {
        var other = Pick([.. _known.Where(v => v.Shape == x.Shape)]);
        var hidden = Chance(1, 2) ? x : Layer(x, Channels(), isSame: true);
        var sum = _b.Add(new Add(), Scaled(Conv(hidden, x.Shape[1].Value, isSame: true)), other);
        return Chance(1, 2) ? Activated(sum) : sum;
    }

    /// <summary>Several branches, one after another; now and then what is known already, or a part of itself.</summary>
    private Value Concatenation(Value x)
    {
        Value Branch() => _random.Next(6) switch
        {
            0 => x,
            1 => Pooled(x, isMax: true, stride: 1),
            2 => Pick([.. _known.Where(v => v.Shape.Rank == 4 && Extents(v).SequenceEqual(Extents(x)) && v.Shape[0] == x.Shape[0])]),
            _ => Layer(Chance(1, 3) ? Layer(x, Channels(), isSame: true) : x, Channels(), isSame: true),
        };
        var whole = _b.Add(new Concat(1), [.. Enumerable.Range(0, _random.Next(2, 5)).Select(_ => Branch())]);
        return whole.Shape[1].Value > MostChannels ? Layer(whole, Channels()) : whole;
    }

    private Value Growing(Value x)
    {
        for (int i = _random.Next(2, 4); i > 0 && _macs < MacLimit; i--)
        {
            var layer = Chance(1, 2) ? Layer(Activated(Scaled(x)), Channels(), isSame: true) : x;
            x = _b.Add(new Concat(1), x, Layer(layer, _random.Next(1, 24), isSame: true));
        }
        return Chance(1, 2) ? Layer(x, Channels()) : x;
    }

    private Value Shuffle(Value x)
    {
        long[] shape = [.. x.Shape.Select(d => d.Value)];
        long groups = Divisor(shape[1]);
        var parts = _b.Add(new Reshape(Shape.Of(shape[0], groups, shape[1] / groups, shape[2], shape[3])), x);
        return _b.Add(new Reshape(x.Shape), _b.Add(new Transpose([0, 2, 1, 3, 4]), parts));
    }

    /// <summary>A part of the channels goes through layers and the rest by them.</summary>
    private Value Split(Value x)
    {
        long channels = x.Shape[1].Value;
        if (channels < 2)
            return Layer(x, Channels());
        long first = Chance(1, 2) ? channels / 2 : _random.Next(1, (int)channels);
        var (rest, taken) = (Slice(x, 0, first), Slice(x, first, channels - first));
        var layer = Layer(taken, Chance(1, 2) ? taken.Shape[1].Value : Channels(), isSame: true);
        if (Chance(1, 2))
            layer = Inverted(layer, stride: 1);
        var whole = Chance(1, 3) ? _b.Add(new Concat(1), layer, rest) : _b.Add(new Concat(1), rest, layer);
        return Chance(2, 3) ? Shuffle(whole) : whole;
    }

    private Value Pool(Value x) => Pooled(x, Chance(2, 3), _random.Next(1, 3));

    /// <summary>More channels, a depthwise layer, fewer channels.</summary>
    private Value Inverted(Value x, int stride = 0)
    {
        var wide = Activated(Conv(x, Math.Min(MostChannels, x.Shape[1].Value * _random.Next(1, 5)), kernel: 1, isSame: true));
        var depthwise = Activated(Conv(wide, wide.Shape[1].Value, kernel: 3 + (2 * _random.Next(2)), stride: stride > 0 ? stride : _random.Next(1, 3), groups: wide.Shape[1].Value, isSame: stride > 0));
        var narrow = Conv(depthwise, Chance(1, 2) ? x.Shape[1].Value : Channels(), kernel: 1, isSame: true);
        return narrow.Shape == x.Shape && Chance(2, 3) ? _b.Add(new Add(), narrow, x) : narrow;
    }

    /// <summary>Factors of the channels by what their means say.</summary>
    private Value Excited(Value x)
    {
        long channels = x.Shape[1].Value;
        var factors = Layer(_b.Add(new ReduceMean([2, 3], KeepDims: true), x), Math.Max(1, channels / 4), kernel: 1);
        return Layer(_b.Add(new Mul(), x, _b.Add(new Sigmoid(), Conv(factors, channels, kernel: 1))), Channels(), kernel: Chance(2, 3) ? 1 : 0);
    }

    private Value Larger(Value x)
    {
        if (Extents(x).Max() > 14)
            return Layer(x, Channels());
        long columns = Channels(), depth = x.Shape[1].Value, kernel = _random.Next(2, 5), pad = (kernel - 2) / 2;
        var window = Window.Of(kernel, kernel) with { Strides = [2, 2], PadsBefore = [pad, pad], PadsAfter = [pad, pad] };
        Count(x, columns, depth * kernel * kernel);
        return Activated(Biased(_b.Add(new ConvTranspose(window, [0, 0], 1, Layout.ChannelsFirst), x, Weights(kernel * kernel * depth / 4, depth, columns, kernel, kernel))));
    }

    /// <summary>Pooled, computed with and brought to its size again beside itself.</summary>
    private Value Skip(Value x)
    {
        if (Extents(x).Min() < 4)
            return Layer(x, Channels());
        var half = _b.Add(new MaxPool(Window.Of(2, 2) with { Strides = [2, 2] }, Layout.ChannelsFirst), x);
        var middle = Layer(half, Channels(), isSame: true);
        long columns = Channels(), depth = middle.Shape[1].Value;
        Count(middle, columns, depth * 4);
        var large = Biased(_b.Add(new ConvTranspose(Window.Of(2, 2) with { Strides = [2, 2] }, [0, 0], 1, Layout.ChannelsFirst), middle, Weights(depth, depth, columns, 2, 2)));
        var whole = Extents(large).SequenceEqual(Extents(x)) ? _b.Add(new Concat(1), x, large) : large;
        return Layer(whole, Channels());
    }

    private Value Dense(Value x)
    {
        var means = _b.Add(new ReduceMean([2, 3], KeepDims: false), x);
        bool isFlat = x.Shape.ElementCount < 4000 && Chance(1, 2);
        var y = isFlat ? _b.Add(new Reshape(Shape.Of(x.Shape[0].Value, x.Shape.ElementCount / x.Shape[0].Value)), x) : means;
        for (int layers = _random.Next(1, 3); layers > 0; layers--)
        {
            long depth = y.Shape[1].Value, columns = _random.Next(1, 300);
            y = _b.Add(new Add(), _b.Add(new MatMul(), y, Weights(depth, depth, columns)), Weights(1, columns));
            if (layers > 1)
                y = Activated(y);
        }
        return Chance(1, 2) ? _b.Add(new Softmax(1), y) : y;
    }

    private Value Layer(Value x, long columns, int kernel = 0, bool isSame = false) => Activated(Scaled(Conv(x, columns, kernel, isSame: isSame)));

    /// <summary>A convolution with or without a bias, of a kernel, a stride and groups of its own choice where these are 0.</summary>
    private Value Conv(Value x, long columns, int kernel = 0, int stride = 0, long groups = 0, bool isSame = false)
    {
        long depth = x.Shape[1].Value;
        if (kernel == 0)
            kernel = Chance(1, 12) ? 5 : Chance(1, 2) ? 3 : 1;
        if (stride == 0)
            stride = !isSame && Chance(1, 4) && Extents(x).Min() > 5 ? 2 : 1;
        if (groups == 0)
            groups = depth == columns && Chance(1, 6) ? depth : Chance(1, 6) ? Common(depth, columns) : 1;
        long dilation = kernel == 3 && Extents(x).Min() > 5 && Chance(1, 10) ? 2 : 1;
        long pads = dilation * (kernel - 1), before = isSame || Chance(2, 3) || Extents(x).Min() <= pads ? pads / 2 : _random.Next((int)pads + 1);
        long after = isSame || Extents(x).Min() <= pads ? pads - before : Chance(2, 3) ? before : 0;
        var window = Window.Of(kernel, kernel) with { Strides = [stride, stride], PadsBefore = [before, before], PadsAfter = [after, after], Dilations = [dilation, dilation] };
        long products = depth / groups * kernel * kernel;
        Count(x, columns, products);
        var y = _b.Add(new Conv(window, groups, Layout.ChannelsFirst), x, Weights(products, columns, depth / groups, kernel, kernel));
        return Chance(2, 3) ? Biased(y) : y;
    }

    private Value Pooled(Value x, bool isMax, int stride)
    {
        int kernel = _random.Next(2, 4);
        long before = stride == 1 || Chance(1, 2) ? (kernel - 1) / 2 : 0, after = stride == 1 ? kernel - 1 - before : before;
        var window = Window.Of(kernel, kernel) with { Strides = [stride, stride], PadsBefore = [before, before], PadsAfter = [after, after] };
        if (Extents(x).Min() + before + after < kernel)
            return x;
        return _b.Add(isMax ? new MaxPool(window, Layout.ChannelsFirst) : new AveragePool(window, Chance(1, 2), Layout.ChannelsFirst), x);
    }

    private Value Slice(Value x, long start, long count)
    {
        long[] sizes = [.. x.Shape.Select(d => d.Value)];
        sizes[1] = count;
        return _b.Add(new Slice([0, start, 0, 0], [.. sizes], [1, 1, 1, 1]), x);
    }

    private Value Biased(Value x) => _b.Add(new Add(), x, _b.Constant(RandomTensors.Of(_random, DType.Float32, [1, x.Shape[1].Value, 1, 1], -0.5, 0.5)));

    /// <summary>What a normalization leaves, or nothing.</summary>
    private Value Scaled(Value x) => Chance(1, 2)
        ? x
        : Biased(_b.Add(new Mul(), x, _b.Constant(RandomTensors.Of(_random, DType.Float32, [1, x.Shape[1].Value, 1, 1], 0.5, 1.5))));

    private Value Activated(Value x) => _random.Next(8) switch
    {
        0 => _b.Add(new Clip(0, 6), x),
        1 => _b.Add(new HardSwish(), x),
        2 => _b.Add(new Mul(), x, _b.Add(new Sigmoid(), x)),
        3 => _b.Add(new Tanh(), x),
        4 => x,
        _ => _b.Add(new Relu(), x),
    };

    /// <summary>Random numbers such that a sum of so many products stays near 1.</summary>
    private Value Weights(long products, params long[] shape)
    {
        double most = 1.7 / Math.Sqrt(Math.Max(1, products));
        return _b.Constant(RandomTensors.Of(_random, DType.Float32, shape, -most, most));
    }

    private void Count(Value x, long columns, long products) => _macs += x.Shape[0].Value * x.Shape[2].Value * x.Shape[3].Value * columns * products;

    private long Channels() => Chance(1, 2) ? 16 * _random.Next(1, 5) : _random.Next(1, 41);

    private long Common(long a, long b)
    {
        long[] all = [.. Enumerable.Range(1, (int)Math.Min(a, b)).Select(g => (long)g).Where(g => a % g == 0 && b % g == 0)];
        return all[_random.Next(all.Length)];
    }

    private long Divisor(long a) => Common(a, a);

    private static long[] Extents(Value x) => [x.Shape[2].Value, x.Shape[3].Value];

    private T Pick<T>(IReadOnlyList<T> list) => list[_random.Next(list.Count)];

    private bool Chance(int of, int all) => _random.Next(all) < of;
}
