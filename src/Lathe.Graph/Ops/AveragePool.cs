using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// The mean of the elements under a window that moves over an image. Padding counts as zeros with <paramref name="CountIncludePad"/>, else not at all.
/// <paramref name="PadsCounted"/>, one entry a spatial axis, says how much padding after the image may count where the window's own is
/// larger only so that the output gets its size; none: all of it.
/// </summary>
public sealed record AveragePool(Window Window, bool CountIncludePad, Layout Layout, EquatableArray<long> PadsCounted = default) : PrimitiveOp
{
    public override TensorType InferType(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 1);
        ElementTypes.Float(this, inputs[0].Element);
        if (PadsCounted.Count != 0 && PadsCounted.Count != Window.Rank)
            throw new ModelException("LATHE2060", $"the counted padding {PadsCounted} does not have an entry for each axis of the window");
        return Pooling.InferType(this, inputs, Window, Layout);
    }

    public override Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index)
    {
        var x = inputs[0];
        var image = ImageAxes.Of(Layout, x.Rank);
        var sum = Pooling.Reduce(ReduceOp.Sum, x, output, index, Window, Layout, Build.Const(0, x.Element), v => v);
        Expr count = 1;
        for (int i = 0; i < Window.Rank; i++)
        {
            int axis = image.FirstSpatial + i;
            count *= Count(i, x.Shape[axis], output.Shape[axis].Value, index[axis]);
        }
        return sum / Build.Cast(x.Element, count);
    }

    public override long Flops(Node node) => Pooling.Flops(node, Window);

    /// <summary>How many of a window's places along a spatial axis count, 1 at least.</summary>
    private Expr Count(int i, long extent, long outputs, Expr at)
    {
        long after = CountIncludePad ? (PadsCounted.Count > 0 ? PadsCounted[i] : Window.PadsAfter[i]) : 0;
        long first = CountIncludePad ? -Window.PadsBefore[i] : 0;
        long end = extent + after;
        long reach = ((outputs - 1) * Window.Strides[i]) - Window.PadsBefore[i] + ((Window.Kernel[i] - 1) * Window.Dilations[i]);
        if (-Window.PadsBefore[i] >= first && reach < end)
            return Window.Kernel[i];
        var start = Window.InputIndex(i, at, 0);
        var lastPlace = Build.Min(Build.FloorDiv(end - 1 - start, Window.Dilations[i]), Window.Kernel[i] - 1);
        var firstPlace = Build.Max(-Build.FloorDiv(start - first, Window.Dilations[i]), 0);
        return Build.Max(lastPlace - firstPlace + 1, 1);
    }
}
