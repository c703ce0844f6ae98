using System.Collections.Immutable;
using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>
/// The mean of the integers under a window that moves over an image, to the nearest integer, halves away from zero. Padding does not count, and
/// no window lies in it alone.
/// </summary>
public sealed record AveragePoolInteger(Window Window, Layout Layout) : CompositeOp
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 1);
        ElementTypes.Integer(this, inputs[0].Element);
        return [Pooling.InferType(this, inputs, Window, Layout)];
    }

    public override ImmutableArray<Value> Expand(GraphBuilder b, IReadOnlyList<Value> inputs)
    {
        var x = inputs[0];
        var image = ImageAxes.Of(Layout, x.Shape.Rank);
        var channels = x.Shape[image.Channel];
        Shape kernel = [.. Window.Kernel.Select(k => (Dim)k)];
        Shape weights = Layout == Layout.ChannelsFirst ? [channels, 1, .. kernel] : [.. kernel, 1, channels];
        var ones = b.Add(new Expand(weights), b.Scalar(1, x.Element.Size == 1 ? DType.Int8 : DType.Int32));
        var total = x.Element.Size == 1
            ? b.Add(new Conv(Window, channels.Value, Layout) { Sum = DType.Int32 }, x, ones)
            : b.Add(new Conv(Window, channels.Value, Layout), b.Add(new Cast(DType.Int32), x), ones);
        var counts = Counts(image, x.Shape, total.Shape);
        var half = b.Constant(Halves(counts));
        var rounded = b.Add(new Where(), b.Add(new Greater(), total, b.Scalar(0, DType.Int32)), b.Add(new Add(), total, half), b.Add(new Sub(), total, half));
        return [b.Add(new Cast(x.Element), b.Add(new Div(), rounded, b.Constant(counts)))];
    }

    public override long Macs(Node node) => 0;

    public override long Flops(Node node) => Pooling.Flops(node, Window);

    /// <summary>How many elements each window sees, 1 at least, shaped to broadcast to the result.</summary>
    private Tensor Counts(ImageAxes image, Shape input, Shape output)
    {
        var counts = Tensor.Zeros(DType.Int32, image.With(1, 1, i => output[image.FirstSpatial + i]));
        long[] extents = [.. Enumerable.Range(0, Window.Rank).Select(i => output[image.FirstSpatial + i].Value)];
        for (long flat = 0; flat < counts.Count; flat++)
        {
            long rest = flat, count = 1;
            for (int i = Window.Rank - 1; i >= 0; i--)
            {
                long start = (rest % extents[i] * Window.Strides[i]) - Window.PadsBefore[i];
                rest /= extents[i];
                count *= Enumerable.Range(0, (int)Window.Kernel[i]).Count(k => start + (k * Window.Dilations[i]) is var at && at >= 0 && at < input[image.FirstSpatial + i].Value);
            }
            counts.SetInt64(flat, Math.Max(1, count));
        }
        return counts;
    }

    private static Tensor Halves(Tensor counts)
    {
        var halves = Tensor.Zeros(counts.Type, counts.Shape);
        for (long i = 0; i < counts.Count; i++)
            halves.SetInt64(i, counts.GetInt64(i) / 2);
        return halves;
    }
}
