using Lathe.Formats.TFLite.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>
/// A layer whose weights are a product of features and time (Nakkiran et al., 2015): each filter keeps its last values, [batch, filters * times], and the
/// output is their weighted sum, over as many filters as the rank. Operands: x, weights of features [filters, inputs], of time [filters, times], bias, state.
/// </summary>
internal static class Svdf
{
    public static Value Import(NodeContext node)
    {
        var (x, features, times, state) = (node.In(0), node.In(1), node.In(2), node.In(4));
        int rank = node.Options.Int(0);
        if (x.Type.Rank != 2 || features.Type.Rank != 2 || times.Type.Rank != 2 || features.Shape[1] != x.Shape[1] || times.Shape[0] != features.Shape[0]
            || rank < 1 || features.Shape[0].Value % rank != 0 || state.Shape.ElementCount != x.Shape[0].Value * times.Shape.ElementCount)
        {
            node.Fail($"{x.Type}, weights {features.Type} and {times.Type}, rank {rank} and state {state.Type} do not suit each other");
        }
        return node.IsQuantized() ? Integer(node, rank) : Real(node, rank);
    }

    private static Value Real(NodeContext node, int rank)
    {
        var now = Hybrid.Product(node, node.Real(0), 1);
        var weighted = node.Add(new Mul(), Shifted(node, node.Real(4), now), node.Real(2));
        return Activations.Fused(node, Convolutions.Biased(node, Reduced(node, weighted, rank), 3), node.Options.Activation(1));
    }

    /// <summary>8-bit data and weights of features; weights of time and state of 8 or 16 bits.</summary>
    private static Value Integer(NodeContext node, int rank)
    {
        var (x, features, times, state) = (node.Quantization(0), node.Quantization(1), node.Quantization(2), node.Quantization(4));
        var weights = node.Permuted(node.In(1), 1, 0);
        var sum = node.Add(new MatMulInteger(), node.In(0), weights, node.ScalarLike(x.ZeroPoint, node.In(0)), node.ScalarLike(0, weights));
        var scaled = FixedPoint.Scaled(node, sum, FixedPointRounding.TwiceAway, x.Scale * features.Scale / state.Scale);
        var (low, high) = IntegerArithmetic.Limits(node.In(4).Element);
        var now = node.Add(new Clip(low, high), node.Add(new Add(), scaled, node.Builder.Scalar(state.ZeroPoint, DType.Int32)));
        var past = Shifted(node, node.Add(new Cast(DType.Int32), node.In(4)), now);
        var centred = state.ZeroPoint == 0 ? past : node.Add(new Sub(), past, node.Builder.Scalar(state.ZeroPoint, DType.Int32));
        var output = Reduced(node, node.Add(new Mul(), centred, node.Add(new Cast(DType.Int32), node.In(2))), rank);
        if (node.Optional(3) is { } bias)
            output = node.Add(new Add(), output, bias);
        var result = FixedPoint.Scaled(node, output, FixedPointRounding.TwiceAway, state.Scale * times.Scale / node.OutputQuantization().Scale);
        return IntegerArithmetic.Stored(node, result, ActivationKind.None);
    }

    /// <summary>The state [batch, filters, times] with the oldest values gone and new ones [batch, filters] at its end.</summary>
    private static Value Shifted(NodeContext node, Value state, Value now)
    {
        var (batch, filters, times) = (now.Shape[0], now.Shape[1], node.In(2).Shape[1].Value);
        var past = Slices.Along(node, node.Reshaped(state, [batch, filters, times]), 2, 1, times - 1);
        return times == 1 ? node.Reshaped(now, [batch, filters, 1]) : node.Add(new Concat(2), past, node.Reshaped(now, [batch, filters, 1]));
    }

    private static Value Reduced(NodeContext node, Value weighted, int rank)
    {
        var (batch, filters, times) = (weighted.Shape[0], weighted.Shape[1].Value, weighted.Shape[2]);
        return node.Add(new ReduceSum([2, 3], KeepDims: false), node.Reshaped(weighted, [batch, filters / rank, rank, times]));
    }
}
