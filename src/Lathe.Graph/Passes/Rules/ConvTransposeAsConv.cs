using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>
/// A transposed convolution with stride s is a convolution with stride 1 that makes, for each place of the data, the s outputs
/// an axis that lie there as so many channels, whose elements are then put in order. Of output place q*s + r, weight r + s*m
/// meets the data at q - m; so the convolution's window has ceil(kernel / s) places, and its weights are the old ones reversed
/// and dealt out by remainder.
/// </summary>
public sealed class ConvTransposeAsConv : Rule<ConvTranspose>
{
    protected override Value? Apply(Node node, ConvTranspose op, RewriteContext context)
    {
        var window = op.Window;
        if (op.Layout != Layout.ChannelsLast || op.Groups != 1 || window.Dilations.Any(d => d != 1) || node.Inputs[1].Constant is not { } weights)
            return null;
        var x = node.Inputs[0];
        int rank = window.Rank;
        var size = node.Output.Shape.Skip(1).Take(rank).Select(d => d.Value).ToArray();
        var taps = window.Kernel.Zip(window.Strides, (k, s) => (k + s - 1) / s).ToArray();
        // Places of the data's grid, with those that only the window's ends reach.
        var places = taps.Select((m, i) => x.Shape[i + 1].Value + m - 1).ToArray();
        if (window.PadsBefore.Any(p => p < 0) || Enumerable.Range(0, rank).Any(i => window.PadsBefore[i] + size[i] > places[i] * window.Strides[i]))
            return null;

        // Places whose outputs the padding cuts off in full are not computed.
        var skipped = taps.Select((m, i) => Math.Min(m - 1, window.PadsBefore[i] / window.Strides[i])).ToArray();
        var unused = taps.Select((m, i) => Math.Min(m - 1, places[i] - ((window.PadsBefore[i] + size[i] + window.Strides[i] - 1) / window.Strides[i]))).ToArray();
        long[] starts = [.. skipped.Select((q, i) => window.PadsBefore[i] - (q * window.Strides[i]))];
        places = [.. places.Select((p, i) => p - skipped[i] - unused[i])];
        if (places.Any(p => p <= 0))
            return null;

        var b = context.Builder;
        long columns = node.Output.Shape[^1].Value;
        EquatableArray<long> Padding(long[] less) => taps.Select((m, i) => m - 1 - less[i]).ToEquatableArray();
        var ones = Enumerable.Repeat(1L, rank).ToEquatableArray();
        var conv = new Conv(new Window(taps, ones, Padding(skipped), Padding(unused), ones), 1, Layout.ChannelsLast);
        var phases = b.Add(conv, x, b.Constant(Deal(weights, window, taps)));

        // [N, q..., r..., O] -> [N, q0, r0, q1, r1, ..., O] -> the outputs in order, of which the padding is cut off.
        var split = b.Add(new Reshape(Shape.Of([x.Shape[0].Value, .. places, .. window.Strides, columns])), phases);
        var order = Enumerable.Range(0, rank).SelectMany(i => new[] { 1 + i, 1 + rank + i });
        var woven = b.Add(new Transpose([0, .. order, 1 + (2 * rank)]), split);
        var grid = b.Add(new Reshape(Shape.Of([x.Shape[0].Value, .. places.Zip(window.Strides, (q, s) => q * s), columns])), woven);
        return b.Add(new Slice([0, .. starts, 0], [x.Shape[0].Value, .. size, columns], [1, .. ones, 1]), grid);
    }

    /// <summary>Weights [kernel..., I, O] as [taps..., I, strides... * O]; places beyond the kernel are zero.</summary>
    private static Tensor Deal(Tensor weights, Window window, long[] taps)
    {
        int rank = window.Rank;
        long phases = window.Strides.Aggregate(1L, (a, s) => a * s);
        long inputs = weights.Shape[rank].Value, outputs = weights.Shape[rank + 1].Value;
        var result = Tensor.Zeros(weights.Type, Shape.Of([.. taps, inputs, phases * outputs]));
        int bytes = (int)outputs * weights.Type.Size;
        long[] kernelStrides = weights.Shape.Strides(), tapStrides = result.Shape.Strides();
        long places = weights.Shape.ElementCount / Math.Max(1, inputs * outputs);
        for (long place = 0; place < places; place++)
        {
            // The kernel place's phase and tap along each axis.
            long phase = 0, to = 0, rest = place;
            var at = new long[rank];
            for (int i = rank - 1; i >= 0; rest /= window.Kernel[i], i--)
                at[i] = rest % window.Kernel[i];
            for (int i = 0; i < rank; i++)
            {
                phase = (phase * window.Strides[i]) + (at[i] % window.Strides[i]);
                to += (taps[i] - 1 - (at[i] / window.Strides[i])) * tapStrides[i];
            }
            long from = at.Select((k, i) => k * kernelStrides[i]).Sum();
            for (long c = 0; c < inputs; c++)
            {
                var source = weights.Bytes.Span.Slice((int)((from + (c * outputs)) * weights.Type.Size), bytes);
                source.CopyTo(result.Bytes.Span[(int)((to + (c * phases * outputs) + (phase * outputs)) * weights.Type.Size)..]);
            }
        }
        return result;
    }
}
