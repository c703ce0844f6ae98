using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Exporting.Rules;

/// <summary>
/// A convolution in groups, which runtimes before 2.9 refuse, becomes one for each group, side by side; so does a transposed one, and a dilated transposed one spreads
/// its weights. A group for each channel stays.
/// </summary>
internal sealed class SplitGroups : Rule
{
    public override Value? Apply(Node node, RewriteContext context) => node.Op switch
    {
        Conv { Layout: Layout.ChannelsLast, Groups: > 1 } op => Split(node, op, context.Builder),
        ConvTranspose { Layout: Layout.ChannelsLast } op => Split(node, op, context.Builder),
        _ => null,
    };

    private static Value? Split(Node node, Conv op, GraphBuilder b)
    {
        var (x, weights) = (node.Inputs[0], node.Inputs[1]);
        int last = node.Output.Type.Rank - 1;
        if (weights.Shape[last - 1].Value == 1 && last == 3)
            return null;
        long inputs = x.Shape[last].Value / op.Groups, outputs = weights.Shape[last].Value / op.Groups;
        return b.Add(new Concat(last), [.. Enumerable.Range(0, (int)op.Groups).Select(g =>
            b.Add(op with { Groups = 1 }, Part(b, x, last, g * inputs, inputs), Part(b, weights, last, g * outputs, outputs)))]);
    }

    private static Value? Split(Node node, ConvTranspose op, GraphBuilder b)
    {
        var (x, weights) = (node.Inputs[0], node.Inputs[1]);
        if (op.Window.Dilations.Any(d => d != 1))
        {
            if (weights.Constant is not { } dense)
                return null;
            var spread = Spread(dense, op.Window);
            var window = op.Window with { Kernel = [.. spread.Shape.Take(op.Window.Rank).Select(d => d.Value)], Dilations = [.. op.Window.Dilations.Select(_ => 1L)] };
            return b.Add(op with { Window = window }, x, b.Constant(spread));
        }
        if (op.Groups == 1)
            return null;
        long part = x.Shape[^1].Value / op.Groups;
        return b.Add(new Concat(node.Output.Type.Rank - 1), [.. Enumerable.Range(0, (int)op.Groups).Select(g =>
            b.Add(op with { Groups = 1 }, Part(b, x, x.Type.Rank - 1, g * part, part), Part(b, weights, weights.Type.Rank - 2, g * part, part)))]);
    }

    private static Value Part(GraphBuilder b, Value value, int axis, long start, long size)
    {
        long[] starts = new long[value.Type.Rank], sizes = value.Shape.ToArray();
        (starts[axis], sizes[axis]) = (start, size);
        return b.Add(new Slice(starts, sizes, sizes.Select(_ => 1L).ToEquatableArray()), value);
    }

    /// <summary>Weights [kernel..., I, O] with zeros between those that a dilation moves apart.</summary>
    private static Tensor Spread(Tensor weights, Window window)
    {
        int rank = window.Rank;
        long[] kernel = [.. Enumerable.Range(0, window.Rank).Select(window.Span)];
        var result = Tensor.Zeros(weights.Type, Shape.Of([.. kernel, .. weights.Shape.ToArray().Skip(rank)]));
        int bytes = (int)(weights.Shape.ToArray().Skip(rank).Aggregate(1L, (n, d) => n * d) * weights.Type.Size);
        for (int place = 0; place < weights.Bytes.Length / bytes; place++)
        {
            long to = 0, scale = 1, rest = place;
            for (int i = rank - 1; i >= 0; rest /= window.Kernel[i], scale *= kernel[i], i--)
                to += rest % window.Kernel[i] * window.Dilations[i] * scale;
            weights.Bytes.Slice(place * bytes, bytes).CopyTo(result.Bytes[(int)(to * bytes)..]);
        }
        return result;
    }
}
