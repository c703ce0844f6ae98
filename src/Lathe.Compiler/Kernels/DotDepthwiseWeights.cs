using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// Weights of a depthwise convolution as <see cref="DotDepthwiseTile"/> reads them. For each piece of channels, output row, quad of data rows and column of
/// the window there are the bytes of four rows for each channel, in the order that weaving gives. Weights that are no signed bytes are sums of two.
/// </summary>
internal sealed class DotDepthwiseWeights
{
    private readonly DepthwiseRows _rows;
    private readonly Window _window;
    private readonly IReadOnlyList<(long Start, int Lanes)> _pieces;
    private readonly int _outputs;
    private readonly long _channels;

    public DotDepthwiseWeights(Node node, Window window, int outputs, IReadOnlyList<(long Start, int Lanes)> pieces, int[]? bias)
    {
        (_window, _outputs, _pieces) = (window, outputs, pieces);
        _rows = new DepthwiseRows(window, outputs);
        var weights = node.Inputs[1].Constant!;
        _channels = weights.Shape[^1].Value;
        var parts = PartsOf(weights)!;
        Parts = parts.Count;
        Weights = Pack(parts);
        bool signed = node.Inputs[0].Element == DType.Int8;
        if (bias is not null || signed)
            Begin = PackBegin(weights, bias, signed);
    }

    /// <summary>How many bytes make a weight.</summary>
    public int Parts { get; }

    /// <summary>[output rows, quads, columns of the window, parts, channels of all pieces * 4].</summary>
    public Tensor Weights { get; }

    /// <summary>What sums begin with, [channels of all pieces] in the order that weaving gives; null for zeros.</summary>
    public Tensor? Begin { get; }

    public DepthwiseRows Rows => _rows;

    /// <summary>The channels of the pieces before one.</summary>
    public long OffsetOf((long Start, int Lanes) piece) => _pieces.TakeWhile(p => p != piece).Sum(p => (long)p.Lanes);

    /// <summary>Signed bytes whose sums are the weights: the weights themselves, or two; null where two are too few.</summary>
    public static IReadOnlyList<sbyte[]>? PartsOf(Tensor weights)
    {
        if (weights.Type is not (DType.Int8 or DType.Int16))
            return null;
        long[] all = weights.ToInt64Array();
        var near = Array.ConvertAll(all, w => (sbyte)Math.Clamp(w, sbyte.MinValue, sbyte.MaxValue));
        var rest = all.Zip(near, (w, n) => w - n).ToArray();
        return rest.All(r => r == 0) ? [near] : rest.All(r => r == (sbyte)r) ? [near, Array.ConvertAll(rest, r => (sbyte)r)] : null;
    }

    private int Columns => (int)_window.Kernel[^1];

    private Tensor Pack(IReadOnlyList<sbyte[]> parts)
    {
        long channels = _pieces.Sum(p => (long)p.Lanes), stored = parts[0].Length / _window.Kernel.Aggregate(1L, (a, b) => a * b);
        var packed = Tensor.Zeros(DType.Int8, Shape.Of(_outputs, _rows.Quads, Columns, parts.Count, channels * Dot4.Width));
        var target = packed.Span<sbyte>();
        int at = 0;
        for (int output = 0; output < _outputs; output++)
            for (int quad = 0; quad < _rows.Quads; quad++)
                for (int column = 0; column < Columns; column++)
                    foreach (sbyte[] part in parts)
                        foreach (long channel in Order())
                            for (int place = 0; place < Dot4.Width; place++, at++)
                                if (_rows.Tap(output, quad, place) is { } tap)
                                    target[at] = part[(((tap * Columns) + column) * stored) + channel];
        return packed;
    }

    /// <summary>Signed data are moved by 128 to be unsigned, which counts for 128 times the sum of the weights.</summary>
    private Tensor PackBegin(Tensor weights, int[]? bias, bool signed)
    {
        long stored = weights.Shape[^1].Value;
        int[] begin = bias is null ? new int[stored] : [.. bias];
        for (long i = 0; signed && i < weights.Count; i++)
            begin[i % stored] -= 128 * (int)weights.GetInt64(i);
        return Tensor.Vector<int>(Order().Select(c => begin[c]).ToArray());
    }

    /// <summary>The channels of all pieces as weaving orders them; pieces over more than all channels have them again.</summary>
    public IEnumerable<long> Order() => _pieces.SelectMany(p => Enumerable.Range(0, p.Lanes).Select(i => (p.Start + DotDepthwiseTile.WovenChannel(i, p.Lanes)) % _channels));
}
