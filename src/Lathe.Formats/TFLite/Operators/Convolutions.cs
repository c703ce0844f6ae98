using System.Buffers.Binary;
using Lathe.Formats.Importing;
using Lathe.Formats.TFLite.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>Convolutions over images with channels last.</summary>
internal static class Convolutions
{
    /// <summary>Weights are stored [O, H, W, I / groups].</summary>
    public static Value Conv2D(NodeContext node)
    {
        var (x, w, options) = (node.In(0), node.In(1), node.Options);
        RequireRank(node, w, 4);
        var window = Windows.Of(node, x, options.Byte(0), [w.Shape[1].Value, w.Shape[2].Value], [options.Int(2), options.Int(1)], [options.Int(5, 1), options.Int(4, 1)]);
        var (channels, perGroup) = (x.Shape[3].Value, w.Shape[3].Value);
        if (perGroup == 0 || channels % perGroup != 0)
            node.Fail($"{channels} channels do not divide into groups of {perGroup}");
        return Finish(node, window, channels / perGroup, weights => node.Permuted(weights, 1, 2, 3, 0), 0, options.Activation(3));
    }

    /// <summary>Weights are stored [1, H, W, C * multiplier]; the results of one channel are neighbours.</summary>
    public static Value DepthwiseConv2D(NodeContext node)
    {
        var (x, w, options) = (node.In(0), node.In(1), node.Options);
        RequireRank(node, w, 4);
        var window = Windows.Of(node, x, options.Byte(0), [w.Shape[1].Value, w.Shape[2].Value], [options.Int(2), options.Int(1)], [options.Int(6, 1), options.Int(5, 1)]);
        var (channels, outputs) = (x.Shape[3].Value, w.Shape[3].Value);
        if (w.Shape[0] != 1 || channels == 0 || outputs % channels != 0)
            node.Fail($"weights {w.Type} do not suit {x.Type}");
        return Finish(node, window, channels, weights => node.Reshaped(weights, [w.Shape[1], w.Shape[2], 1, w.Shape[3]]), 3, options.Activation(4));
    }

    /// <summary>Weights are stored [D, H, W, I, O].</summary>
    public static Value Conv3D(NodeContext node)
    {
        var (x, w, options) = (node.Real(0), node.Real(1), node.Options);
        RequireRank(node, w, 5);
        var window = Windows.Of(
            node, x, options.Byte(0), [.. w.Shape.Take(3).Select(d => d.Value)], [options.Int(1), options.Int(3), options.Int(2)], [options.Int(5, 1), options.Int(7, 1), options.Int(6, 1)]);
        var (channels, perGroup) = (x.Shape[4].Value, w.Shape[3].Value);
        if (perGroup == 0 || channels % perGroup != 0)
            node.Fail($"{channels} channels do not divide into groups of {perGroup}");
        var sum = Biased(node, node.Add(new Conv(window, channels / perGroup, Layout.ChannelsLast), x, w), 2);
        return Activations.Fused(node, sum, options.Activation(4));
    }

    /// <summary>The output's shape is an operand, and padding is what leads to it. Weights are stored [O, H, W, I].</summary>
    public static Value TransposeConv(NodeContext node)
    {
        var (w, x, options) = (node.In(1), node.In(2), node.Options);
        RequireRank(node, w, 4);
        var (window, outputPadding) = Transposed(
            node, x, node.IntsOrDeclared(0), options.Byte(0), [w.Shape[1].Value, w.Shape[2].Value], [options.Int(2), options.Int(1)], [1, 1]);
        var op = new ConvTranspose(window, outputPadding, 1, Layout.ChannelsLast);
        if (node.IsQuantized(2) && node.IsQuantized(1))
            return IntegerConvolutions.TransposeConv(node, op, node.Permuted(w, 1, 2, 3, 0), options.Activation(3));
        var sum = Biased(node, node.Add(op, node.Real(2), node.Permuted(node.Real(1), 1, 2, 3, 0)), 3);
        return Activations.Fused(node, sum, options.Activation(3));
    }

    /// <summary>
    /// MediaPipe's operator: operands are the image, weights [O, H, W, I] and a bias. Its options are three i32: padding (1 is SAME, 2 VALID) and the strides
    /// along width and height.
    /// </summary>
    public static Value TransposeConvBias(NodeContext node)
    {
        var (x, w) = (node.Real(0), node.Real(1));
        RequireRank(node, w, 4);
        RequireRank(node, x, 4);
        var options = node.Operator.CustomOptions.Span;
        if (options.Length < 12)
            node.Fail($"its options are {options.Length} bytes and should be 12");
        int padding = BinaryPrimitives.ReadInt32LittleEndian(options);
        long[] strides = [BinaryPrimitives.ReadInt32LittleEndian(options[8..]), BinaryPrimitives.ReadInt32LittleEndian(options[4..])];
        if (padding is not (1 or 2))
            node.Fail($"its padding is {padding} and should be 1 or 2");
        long[] kernel = [w.Shape[1].Value, w.Shape[2].Value];
        long Extent(int axis) => checked(padding == 1 ? x.Shape[1 + axis].Value * strides[axis] : ((x.Shape[1 + axis].Value - 1) * strides[axis]) + kernel[axis]);
        var (window, outputPadding) = Transposed(node, x, [x.Shape[0].Value, Extent(0), Extent(1), w.Shape[0].Value], (byte)(padding - 1), kernel, strides, [1, 1]);
        return Biased(node, node.Add(new ConvTranspose(window, outputPadding, 1, Layout.ChannelsLast), x, node.Permuted(w, 1, 2, 3, 0)), 2);
    }

    /// <summary>Weights are stored [D, H, W, O, I].</summary>
    public static Value Conv3DTranspose(NodeContext node)
    {
        var (w, x, options) = (node.Real(1), node.Real(2), node.Options);
        RequireRank(node, w, 5);
        var (window, outputPadding) = Transposed(
            node, x, node.IntsOrDeclared(0), options.Byte(0), [.. w.Shape.Take(3).Select(d => d.Value)],
            [options.Int(1), options.Int(3), options.Int(2)], [options.Int(5, 1), options.Int(7, 1), options.Int(6, 1)]);
        var sum = Biased(node, node.Add(new ConvTranspose(window, outputPadding, 1, Layout.ChannelsLast), x, node.Permuted(w, 0, 1, 2, 4, 3)), 3);
        return Activations.Fused(node, sum, options.Activation(4));
    }

    /// <summary>A bias along the last axis, where the operand is there.</summary>
    public static Value Biased(NodeContext node, Value sum, int input)
    {
        if (node.Optional(input) is null)
            return sum;
        var bias = node.Real(input);
        if (bias.Type.Rank != 1 || bias.Shape[0] != sum.Shape[^1])
            node.Fail($"the bias {bias.Type} should have an element for each channel of {sum.Type}");
        return node.Add(new Add(), sum, bias);
    }

    private static Value Finish(NodeContext node, Window window, long groups, Func<Value, Value> arrange, int channelAxis, ActivationKind activation)
    {
        if (node.IsQuantized(0) && node.IsQuantized(1))
            return IntegerConvolutions.Conv(node, window, groups, arrange(node.In(1)), channelAxis, activation);
        var sum = !node.IsQuantized(0) && Hybrid.Takes(node, 1)
            ? Hybrid.Conv(node, window, groups, arrange(node.In(1)))
            : node.Add(new Conv(window, groups, Layout.ChannelsLast), node.Real(0), arrange(node.Real(1)));
        return Activations.Fused(node, Biased(node, sum, 2), activation);
    }

    private static (Window Window, EquatableArray<long> OutputPadding) Transposed(
        NodeContext node, Value x, long[] output, byte padding, long[] kernel, long[] strides, long[] dilations)
    {
        if (output.Length != kernel.Length + 2 || padding > 1)
            node.Fail($"the output's shape [{string.Join(", ", output)}] does not suit {x.Type}");
        return ImageWindows.Transposed(x, 1, output[1..^1], kernel, strides, dilations);
    }

    private static void RequireRank(NodeContext node, Value weights, int rank)
    {
        if (weights.Type.Rank != rank)
            node.Fail($"the weights {weights.Type} should have rank {rank}");
    }
}
