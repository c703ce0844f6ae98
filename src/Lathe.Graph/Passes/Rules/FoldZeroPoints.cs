using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>
/// sum (x - p)(w - q) = sum x (w - q) - p sum (w - q) for constant 8-bit weights w: products of bytes as they are stored, and a bias. Padding, which is p,
/// becomes a Pad before a convolution. Sums of fewer than four products stay, for which processors have nothing.
/// </summary>
public sealed class FoldZeroPoints : Rule
{
    private const long LeastProducts = 4;

    public override Value? Apply(Node node, RewriteContext context) => node.Op switch
    {
        ConvInteger conv => OfConv(node, conv, context.Builder),
        MatMulInteger => OfMatMul(node, context.Builder),
        _ => null,
    };

    private static Value? OfConv(Node node, ConvInteger op, GraphBuilder b)
    {
        var conv = new Conv(op.Window, op.Groups, op.Layout);
        int rank = node.Output.Type.Rank;
        var axes = conv.WeightAxes(rank);
        if (Centred.Of(node, axes.Out) is not { } weights)
            return null;
        var x = node.Inputs[0];
        long channels = node.Inputs[1].Shape[axes.In].Value;
        bool depthwise = channels == 1 && op.Groups > 1 && node.Output.Shape[ImageAxes.Of(op.Layout, rank).Channel] == op.Groups;
        long run = op.Groups == 1 && op.Window.Dilations[^1] == 1 ? channels * op.Window.Kernel[^1] : channels;
        if (op.Window.Rank > 2 || !(depthwise || run >= LeastProducts))
            return null;
        var window = op.Window;
        if (window.HasPadding && weights.DataZero is not { Constant: { } constant })
            return null;
        if (window.HasPadding && weights.DataZero!.Constant!.GetInt64(0) is not 0 and var padding)
        {
            var image = ImageAxes.Of(op.Layout, rank);
            EquatableArray<long> Pads(EquatableArray<long> spatial) => [.. Enumerable.Range(0, rank).Select(a => a >= image.FirstSpatial && a < image.FirstSpatial + window.Rank ? spatial[a - image.FirstSpatial] : 0)];
            x = b.Add(new Pad(Pads(window.PadsBefore), Pads(window.PadsAfter), PadMode.Constant, padding), x);
            var none = Enumerable.Repeat(0L, window.Rank).ToEquatableArray();
            window = window with { PadsBefore = none, PadsAfter = none };
        }
        var sum = b.Add(conv with { Window = window, Sum = DType.Int32 }, x, b.Constant(weights.Weights));
        return weights.Moved(b, sum, ImageAxes.Of(op.Layout, rank).Channel);
    }

    private static Value? OfMatMul(Node node, GraphBuilder b)
    {
        if (node.Inputs[1].Type.Rank != 2 || Centred.Of(node, 1) is not { } weights || node.Inputs[1].Shape[0].Value < LeastProducts)
            return null;
        var sum = b.Add(new MatMul { Sum = DType.Int32 }, node.Inputs[0], b.Constant(weights.Weights));
        return weights.Moved(b, sum, sum.Type.Rank - 1);
    }

    /// <param name="Weights">The weights less their zero points, in as many bits as they take.</param>
    /// <param name="Sums">Their sums for each output column, in i32.</param>
    /// <param name="DataZero">The data's zero point, if they have one.</param>
    private sealed record Centred(Tensor Weights, Tensor Sums, Value? DataZero)
    {
        /// <summary>The operands of a product of bytes and constants; null where they are others.</summary>
        public static Centred? Of(Node node, int outAxis)
        {
            var (x, w) = (node.Inputs[0], node.Inputs[1].Constant);
            var dataZero = node.Inputs.Length > 2 ? node.Inputs[2] : null;
            var zero = node.Inputs.Length > 3 ? node.Inputs[3] : null;
            if (w is null || w.Count == 0 || x.Element.Size != 1 || w.Type.Size != 1 || dataZero is { Shape.ElementCount: not 1 } || zero is { Constant: null })
                return null;
            long columns = w.Shape[outAxis].Value, inner = w.Shape.Skip(outAxis + 1).Aggregate(1L, (n, d) => n * d.Value);
            if (zero?.Constant is { } points && points.Count != 1 && points.Count != columns)
                return null;
            var zeros = new int[columns];
            for (int column = 0; column < columns && zero is not null; column++)
                zeros[column] = (int)zero.Constant!.GetInt64(zero.Constant.Count == 1 ? 0 : column);
            var (centred, sums) = (new short[w.Count], new int[columns]);
            bool signed = w.Type == DType.Int8, fits = true;
            var bytes = w.Bytes.Span;
            for (int i = 0; i < centred.Length; i++)
            {
                long column = i / inner % columns;
                int value = (signed ? (sbyte)bytes[i] : bytes[i]) - zeros[column];
                centred[i] = (short)value;
                sums[column] += value;
                fits &= value == (sbyte)value;
            }
            var weights = fits ? Tensor.Of(w.Shape, Array.ConvertAll(centred, v => (sbyte)v)) : Tensor.Of(w.Shape, centred);
            return new(weights, Tensor.Vector<int>(sums), dataZero);
        }

        /// <summary>Sums less what the data's zero point adds to each column.</summary>
        public Value Moved(GraphBuilder b, Value sum, int channelAxis)
        {
            if (DataZero is null || DataZero.Constant is { } zero && zero.GetInt64(0) == 0)
                return sum;
            int rank = sum.Type.Rank;
            if (DataZero.Constant is { } point)
            {
                var bias = Tensor.Zeros(DType.Int32, Sums.Shape);
                for (int i = 0; i < bias.Count; i++)
                    bias.Span<int>()[i] = unchecked(-(int)point.GetInt64(0) * Sums.Span<int>()[i]);
                return b.Add(new Add(), sum, Integers.Along(b, b.Constant(bias), rank, channelAxis));
            }
            var moved = b.Add(new Mul(), Integers.Along(b, b.Add(new Cast(DType.Int32), DataZero), rank, 0), Integers.Along(b, b.Constant(Sums), rank, channelAxis));
            return b.Add(new Sub(), sum, moved);
        }
    }
}
