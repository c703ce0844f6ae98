using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Graphs.Passes;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Exporting.Rules;

/// <summary>A padding that is neither SAME nor VALID becomes a pad before the window, which is VALID then.</summary>
internal sealed class PadBeforeWindow : Rule
{
    public override Value? Apply(Node node, RewriteContext context)
    {
        if (!node.Output.Shape.IsKnown || node.Inputs.Length == 0 || ToLayout.LayoutOf(node.Op) != Layout.ChannelsLast)
            return null;
        return node.Op switch
        {
            Conv op when IsOdd(node, op.Window) => context.Builder.Add(op with { Window = Valid(op.Window) }, Padded(node, op.Window, 0, context), node.Inputs[1]),
            MaxPool op when IsOdd(node, op.Window) && node.Output.Element == DType.Float32 =>
                context.Builder.Add(op with { Window = Valid(op.Window) }, Padded(node, op.Window, float.MinValue, context)),
            AveragePool op when IsOdd(node, op.Window) || (op.CountIncludePad && op.Window.HasPadding) => Average(node, op, context),
            _ => null,
        };
    }

    private static bool IsOdd(Node node, Window window) => Paddings.Of(window, node.Inputs[0].Shape, node.Output.Shape) is null;

    private static Window Valid(Window window)
    {
        var none = window.Kernel.Select(_ => 0L).ToEquatableArray();
        return window with { PadsBefore = none, PadsAfter = none };
    }

    /// <summary>The image with as much around it as the windows reach.</summary>
    private static Value Padded(Node node, Window window, double value, RewriteContext context)
    {
        var x = node.Inputs[0];
        long[] after = [.. Enumerable.Range(0, window.Rank).Select(i => End(node, window, i) - x.Shape[1 + i].Value)];
        return context.Builder.Add(new Pad([0, .. window.PadsBefore, 0], [0, .. after, 0], PadMode.Constant, value), x);
    }

    /// <summary>Where the last window along an axis ends.</summary>
    private static long End(Node node, Window window, int i) =>
        ((node.Output.Shape[1 + i].Value - 1) * window.Strides[i]) - window.PadsBefore[i] + ((window.Kernel[i] - 1) * window.Dilations[i]) + 1;

    /// <summary>The mean over the whole window, times the window's size over the number of elements that count.</summary>
    private static Value? Average(Node node, AveragePool op, RewriteContext context)
    {
        if (op.Window.Dilations.Any(d => d != 1) || (!op.Window.HasPadding && !IsOdd(node, op.Window)))
            return null;
        var b = context.Builder;
        var mean = b.Add(new AveragePool(Valid(op.Window), CountIncludePad: false, Layout.ChannelsLast), Padded(node, op.Window, 0, context));
        Value? result = mean;
        for (int i = 0; i < op.Window.Rank; i++)
        {
            var shares = Tensor.Zeros(DType.Float32, Shape.Of([node.Output.Shape[1 + i].Value, .. Enumerable.Repeat(1L, op.Window.Rank - i)]));
            for (long at = 0; at < shares.Count; at++)
                shares.SetDouble(at, op.Window.Kernel[i] / (double)Count(node, op, i, at));
            if (shares.ToDoubleArray().Any(s => s != 1))
                result = b.Add(new Mul(), result, b.Constant(shares));
        }
        return result;
    }

    /// <summary>How many places of a window along an axis count, 1 at least.</summary>
    private static long Count(Node node, AveragePool op, int i, long at)
    {
        long extent = node.Inputs[0].Shape[1 + i].Value, start = (at * op.Window.Strides[i]) - op.Window.PadsBefore[i];
        long after = op.PadsCounted.Count > 0 ? op.PadsCounted[i] : op.Window.PadsAfter[i];
        long first = op.CountIncludePad ? -op.Window.PadsBefore[i] : 0, end = op.CountIncludePad ? extent + after : extent;
        return Math.Max(1, Math.Min(start + op.Window.Kernel[i], end) - Math.Max(start, first));
    }
}
