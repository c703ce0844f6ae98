using System.Buffers.Binary;
using Lathe.Formats.Importing;
using Lathe.Formats.TFLite.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>
/// MediaPipe's pooling that says where it found what, its reverse, and TensorFlow Addons' sampling. Places are f32: the element's number in its window, row by row, and a tenth. Options are
/// i32: padding (1 is SAME, 2 VALID), stride and window along width and height, activation.
/// </summary>
internal static class PooledPlaces
{
    private const double Tenth = 0.1f;

    /// <summary>The greatest elements of an image's windows, and their places; of equal elements the first.</summary>
    public static IReadOnlyList<Value?> Pool(NodeContext node)
    {
        var (x, (window, activation)) = (node.Real(0), Window(node));
        var pooled = Activations.Fused(node, node.Add(new MaxPool(window, Layout.ChannelsLast), x), activation);
        if (!node.Needs(1))
            return [pooled, null];
        bool isTiled = window.Kernel.SequenceEqual(window.Strides) && !window.HasPadding && x.Shape[1].Value % window.Kernel[0] == 0
            && x.Shape[2].Value % window.Kernel[1] == 0;
        var place = isTiled ? InTile(node, x, window) : InWindow(node, x, window);
        var real = node.Add(new Cast(DType.Float32), place);
        return [pooled, node.Add(new Add(), real, node.ScalarLike(Tenth, real))];
    }

    /// <summary>Elements put back to their places in windows that lie side by side, between zeros.</summary>
    public static Value Unpool(NodeContext node)
    {
        var (x, places) = (node.Real(0), node.Real(1));
        var (window, _) = Window(node);
        if (x.Type.Rank != 4 || places.Shape != x.Shape)
            node.Fail($"elements {x.Type} and their places {places.Type} do not suit each other");
        if (!window.Kernel.SequenceEqual(window.Strides))
            throw node.Unsupported($"windows of {window.Kernel} with strides of {window.Strides} are not supported");
        var (batch, height, width, channels) = (x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3]);
        var (rows, columns) = (window.Kernel[0], window.Kernel[1]);
        Value Spread(Value value) => node.Reshaped(value, [batch, height, 1, width, 1, channels]);
        var numbers = Tensor.Zeros(DType.Int32, [rows, 1, columns, 1]);
        for (long i = 0; i < rows * columns; i++)
            numbers.SetInt64(i, i);
        var isThere = node.Add(new Equal(), Spread(node.Add(new Cast(DType.Int32), places)), node.Builder.Constant(numbers));
        return node.Reshaped(node.Add(new Where(), isThere, Spread(x), node.ScalarLike(0, x)), [batch, height * rows, width * columns, channels]);
    }

    /// <summary>An image [N, H, W, C] at places [N, ..., 2] of x and y, in pixels; those outside count as 0.</summary>
    public static Value Resampler(NodeContext node)
    {
        var (image, places) = (node.Real(0), node.Real(1));
        if (image.Type.Rank != 4 || places.Type.Rank < 2 || image.Shape.ElementCount == 0 || places.Shape[0] != image.Shape[0] || places.Shape[^1] != 2)
            node.Fail($"{image.Type} cannot be sampled at {places.Type}");
        var flat = node.Reshaped(places, [image.Shape[0], places.Shape.ElementCount / (2 * image.Shape[0].Value), 2]);
        var sampled = node.Builder.SampledLinearly(image, Slices.Along(node, flat, 2, 0, 1), Slices.Along(node, flat, 2, 1, 1));
        return node.Reshaped(sampled, [.. places.Shape.Take(places.Type.Rank - 1), image.Shape[3]]);
    }

    /// <summary>Windows that lie side by side: each is an axis of its own.</summary>
    private static Value InTile(NodeContext node, Value x, Window window)
    {
        var (rows, columns) = (window.Kernel[0], window.Kernel[1]);
        var (height, width) = (x.Shape[1].Value / rows, x.Shape[2].Value / columns);
        var tiles = node.Permuted(node.Reshaped(x, [x.Shape[0], height, rows, width, columns, x.Shape[3]]), 0, 1, 3, 5, 2, 4);
        return node.Add(new ArgMax(4, KeepDims: false, SelectLast: false), node.Reshaped(tiles, [x.Shape[0], height, width, x.Shape[3], rows * columns]));
    }

    /// <summary>Any windows: the element's number in the image, less where its window begins.</summary>
    private static Value InWindow(NodeContext node, Value x, Window window)
    {
        var (rows, columns) = (x.Shape[1].Value, x.Shape[2].Value);
        Value Long(long value) => node.Builder.Scalar(value, DType.Int64);
        var found = node.Permuted(node.Add(new MaxPoolIndices(window), node.Permuted(x, 0, 3, 1, 2)), 0, 2, 3, 1);
        var pixel = node.Add(new Mod(Fmod: false), found, Long(rows * columns));
        Value InIts(int axis, Value at)
        {
            var starts = Tensor.Zeros(DType.Int64, axis == 0 ? [found.Shape[1], 1, 1] : [found.Shape[2], 1]);
            for (long i = 0; i < starts.Count; i++)
                starts.SetInt64(i, (i * window.Strides[axis]) - window.PadsBefore[axis]);
            return node.Add(new Sub(), at, node.Builder.Constant(starts));
        }

        var row = InIts(0, node.Add(new Div(), pixel, Long(columns)));
        var column = InIts(1, node.Add(new Mod(Fmod: false), pixel, Long(columns)));
        return node.Add(new Add(), node.Add(new Mul(), row, Long(window.Kernel[1])), column);
    }

    private static (Window Window, ActivationKind Activation) Window(NodeContext node)
    {
        var options = node.Operator.CustomOptions;
        if (options.Length < 24)
            node.Fail($"its options are {options.Length} bytes and should be 24");
        int Option(int index) => BinaryPrimitives.ReadInt32LittleEndian(options.Span[(4 * index)..]);
        if (Option(0) is not (1 or 2))
            node.Fail($"its padding is {Option(0)} and should be 1 or 2");
        if (Option(5) is < 0 or > (int)ActivationKind.SignBit)
            node.Fail($"its activation {Option(5)} is unknown");
        var window = ImageWindows.Of(node.In(0), 1, Option(0) == 1, [Option(4), Option(3)], [Option(2), Option(1)], [1, 1]);
        return (window, (ActivationKind)Option(5));
    }
}
