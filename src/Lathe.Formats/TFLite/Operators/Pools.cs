using Lathe.Formats.TFLite.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>Pooling over images with channels last; padding never counts.</summary>
internal static class Pools
{
    public static Value Average(NodeContext node)
    {
        var window = Windows.Pool(node);
        return node.IsQuantized()
            ? IntegerArithmetic.Clamped(node, node.Add(new AveragePoolInteger(window, Layout.ChannelsLast), node.In(0)), node.Options.Activation(5))
            : Activations.Fused(node, node.Add(new AveragePool(window, CountIncludePad: false, Layout.ChannelsLast), node.Real(0)), node.Options.Activation(5));
    }

    public static Value Max(NodeContext node)
    {
        var pooled = node.Add(new MaxPool(Windows.Pool(node), Layout.ChannelsLast), node.In(0));
        return node.IsQuantized() ? IntegerArithmetic.Clamped(node, pooled, node.Options.Activation(5)) : Activations.Fused(node, pooled, node.Options.Activation(5));
    }

    /// <summary>The square root of the mean of squares.</summary>
    public static Value L2(NodeContext node)
    {
        var x = node.Real(0);
        var mean = node.Add(new AveragePool(Windows.Pool(node), CountIncludePad: false, Layout.ChannelsLast), node.Add(new Mul(), x, x));
        return Activations.Fused(node, node.Add(new Sqrt(), mean), node.Options.Activation(5));
    }
}
