using Lathe.Formats.TFLite.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>
/// Activations of 16-bit networks, in the arithmetic of TFLite's kernels: functions between the entries of small tables. What depends on one integer alone
/// becomes a table of all 65,536. Results are shares of 2^15.
/// </summary>
internal static class WideActivations
{
    private const int Entries = 513;

    /// <summary>logistic(i / 24) as shares of 2^16, moved by half of what lines between them miss in the middle; the last is the largest number.</summary>
    private static readonly long[] Sigmoids = [.. Enumerable.Range(0, 257).Select(i =>
    {
        double At(double place) => 65536 / (1 + Math.Exp(-place / 24));
        return i >= 255 ? 65535 : (long)Math.Round(At(i) - ((((At(i + 1) + At(i)) / 2) - At(i + 0.5)) / 2), MidpointRounding.AwayFromZero);
    })];

    public static Value Logistic(NodeContext node) => Lookup(node, 0, SixteenBitFunctions.Logistic, x =>
    {
        long size = Math.Abs(x), place = size >> 9;
        long result = place >= 255 ? 0x7FFF << 10 : (Sigmoids[place] << 9) + ((size & 0x1FF) * (Sigmoids[place + 1] - Sigmoids[place]));
        return (x >= 0 ? result + (1 << 9) : (1 << 25) - result + (1 << 9) - 1) >> 10;
    });

    /// <summary>tanh(x) = 2 * logistic(2 x) - 1.</summary>
    public static Value Tanh(NodeContext node) => Lookup(node, 1, () => SixteenBitFunctions.Tanh(3), x =>
    {
        long size = Math.Abs(x), place = size >> 8;
        long result = place >= 255 ? 0xFFFF << 8 : (Sigmoids[place] << 8) + ((size & 0xFF) * (Sigmoids[place + 1] - Sigmoids[place]));
        return (x >= 0 ? result - (1 << 23) + (1 << 7) : -result + (1 << 23) + (1 << 7) - 1) >> 8;
    });

    /// <summary>Exponentials of the distances to the greatest element, times the reciprocal of their sum, both from tables.</summary>
    public static Value Softmax(NodeContext node, float beta)
    {
        int axis = node.In(0).Type.Rank - 1;
        Value Whole(long value) => node.Builder.Scalar(value, DType.Int32);
        var wide = node.Add(new Cast(DType.Int32), node.In(0));
        var distance = node.Add(new Sub(), wide, node.Add(new ReduceMax([axis], KeepDims: true), wide));
        // The table reaches from -10 to 0.
        var scaled = FixedPoint.Scaled(node, distance, FixedPointRounding.TwiceAway, (double)node.Quantization(0).Scale * beta / (10.0 / 65535.0));
        var powers = Table(node, node.Add(new Add(), scaled, Whole(32767)), Samples(Math.Exp, -10, 0));
        var sum = node.Add(new ReduceSum([axis], KeepDims: true), powers);

        // The sum's leading zeros, and the sum with its first bit moved to the 30th.
        int rank = sum.Type.Rank;
        var bits = node.Builder.Constant(Tensor.Vector<int>([.. Enumerable.Range(0, 31).Select(i => 1 << i)]));
        var reached = node.Add(new Cast(DType.Int32), node.Add(new GreaterEqual(), Movement.Unsqueezed(node, sum, -1), bits));
        var zeros = node.Add(new Sub(), Whole(32), node.Add(new ReduceSum([rank], KeepDims: false), reached));
        var lift = node.Add(new Gather(0), node.Builder.Constant(Tensor.Vector<int>([.. Enumerable.Range(0, 33).Select(h => 1 << Math.Clamp(h - 1, 0, 30))])), zeros);
        var lifted = node.Add(new FixedPointScale(FixedPointRounding.Once), sum, lift, Whole(31 - 14));
        var reciprocal = Table(node, node.Add(new Sub(), lifted, Whole((1 << 15) + (1 << 16))), Samples(x => 1 / (1 + x), 0, 1));
        var result = node.Add(new FixedPointScale(FixedPointRounding.Once), node.Add(new Mul(), powers, reciprocal), Whole(1), zeros);
        return node.Add(new Cast(DType.Int16), node.Add(new Clip(0, 32767), result));
    }

    /// <summary>
    /// A function of the input brought to steps of 1/12288 by a factor of up to 15 bits; or the exact one, of numbers with 12 bits behind the point, where no more than
    /// a shift by <paramref name="most"/> bits leads there.
    /// </summary>
    private static Value Lookup(NodeContext node, int most, Func<Tensor> exact, Func<int, long> function)
    {
        float scale = node.Quantization(0).Scale;
        int power = Math.ILogB(scale), shift = 12 + power;
        var x = node.Add(new Cast(DType.Int32), node.In(0));
        Value Chosen(Tensor table, Value place) => node.Add(new Gather(0), node.Builder.Constant(table), node.Add(new Add(), place, node.Builder.Scalar(1 << 15, DType.Int32)));
        if (Math.ScaleB(1, power) == scale && shift >= 0 && shift <= most)
            return Chosen(exact(), shift == 0 ? x : node.Add(new Clip(short.MinValue, short.MaxValue), node.Add(new Mul(), x, node.Builder.Scalar(1 << shift, DType.Int32))));
        int right = 0;
        double factor = (double)scale * 4096 * 3;
        for (; factor <= 32767.0 / 2 && right <= 30; right++)
            factor *= 2;
        int multiplier = (int)factor;
        var table = Tensor.Zeros(DType.Int16, [65536]);
        var values = table.Span<short>();
        for (int i = 0; i < values.Length; i++)
            values[i] = (short)function((int)((((long)(i + short.MinValue) * multiplier) + (right > 0 ? 1L << (right - 1) : 0)) >> right));
        return Chosen(table, x);
    }

    /// <summary>A function at points of equal distance, moved by half of what lines between them miss in the middle.</summary>
    private static int[] Samples(Func<double, double> function, double from, double to)
    {
        double step = (to - from) / (Entries - 1);
        double Rounded(double x) => Math.Round(x, MidpointRounding.AwayFromZero);
        double At(double x) => function(x) * 32768;
        var samples = new int[Entries];
        for (int i = 0; i < Entries - 1; i++)
        {
            double sample = Rounded(At(from + (i * step)));
            double line = Rounded((At(from + ((i + 1) * step)) + sample) / 2), middle = Rounded(At(from + (i * step) + (step / 2)));
            samples[i] = (int)Math.Clamp(sample - Rounded((line - middle) / 2), -32768, 32767);
        }
        samples[^1] = (int)Math.Clamp(Rounded(At(to)), -32768, 32767);
        return samples;
    }

    /// <summary>The value of a function for each 16-bit integer, on the lines between samples that are 128 apart; others are taken as the nearest.</summary>
    private static Value Table(NodeContext node, Value x, int[] samples)
    {
        var table = Tensor.Zeros(DType.Int32, [65536]);
        var values = table.Span<int>();
        for (int i = 0; i < values.Length; i++)
        {
            int place = i >> 7;
            values[i] = samples[place] + ((((samples[place + 1] - samples[place]) * (i & 0x7F)) + 64) >> 7);
        }
        var index = node.Add(new Add(), node.Add(new Clip(short.MinValue, short.MaxValue), x), node.Builder.Scalar(1 << 15, DType.Int32));
        return node.Add(new Gather(0), node.Builder.Constant(table), index);
    }
}
