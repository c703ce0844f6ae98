using Lathe.Formats.Onnx.Importing;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Operators;

/// <summary>Fused ops of ONNX Runtime's domain com.microsoft, taken apart again: which ops to fuse is the target's choice.</summary>
internal static class Fused
{
    /// <summary>A convolution, a tensor added to it, and an activation.</summary>
    public static Value FusedConv(NodeContext node)
    {
        var image = Convolutions.Conv(node);
        if (node.Optional(3) is { } sum)
            image = node.Add(new Add(), image, sum);
        return Activated(node, image, node.Attributes.Text("activation", ""), node.Attributes.Floats("activation_params") ?? []);
    }

    public static Value FusedGemm(NodeContext node) =>
        Activated(node, Products.Gemm(node), node.Attributes.Text("activation", ""), [node.Attributes.Float("leaky_relu_alpha", 0.01)]);

    public static Value FusedMatMul(NodeContext node)
    {
        if (node.Attributes.Flag("transBatchA") || node.Attributes.Flag("transBatchB"))
            throw node.Unsupported("products with transposed batches are not supported");
        var (a, b) = (node.In(0), node.In(1));
        bool transA = node.Attributes.Flag("transA") && a.Type.Rank > 1, transB = node.Attributes.Flag("transB") && b.Type.Rank > 1;
        var product = transA || transB ? node.Add(new MatMul(transA, transB), a, b) : Products.MatMul(node, a, b);
        return Products.Scaled(node, product, node.Attributes.Float("alpha", 1));
    }

    /// <summary>Gelu of the operand and a bias that may be left out.</summary>
    public static Func<NodeContext, Value> BiasedGelu(bool tanh) => node => node.Add(
        new Gelu(tanh), node.Optional(1) is { } bias ? node.Add(new Add(), node.In(0), bias) : node.In(0));

    public static Value QuickGelu(NodeContext node) => node.Add(new Swish(node.Attributes.Float("alpha", 1.702)), node.In(0));

    /// <summary>Layer normalization of a sum. Operands: x, skip, scale, bias of the norm, bias of the sum; outputs: the result, and as the fourth the sum.</summary>
    public static IReadOnlyList<Value?> SkipLayerNormalization(NodeContext node)
    {
        CheckScale(node);
        var sum = Sum(node, 4);
        var op = new LayerNormalization(sum.Type.Rank - 1, node.Attributes.Float("epsilon", 1e-12));
        var y = node.Optional(3) is { } bias ? node.Add(op, sum, node.In(2), bias) : node.Add(op, sum, node.In(2));
        return [y, null, null, sum];
    }

    public static IReadOnlyList<Value?> SkipSimplifiedLayerNormalization(NodeContext node)
    {
        CheckScale(node);
        var sum = Sum(node, 3);
        return [node.Add(new RmsNormalization(sum.Type.Rank - 1, node.Attributes.Float("epsilon", 1e-12)), sum, node.In(2)), null, null, sum];
    }

    /// <summary>An elementwise op of two quantized operands (each with scale and zero point), quantized.</summary>
    public static Func<NodeContext, Value> Quantized(Op op) => node =>
    {
        Value Real(int first) => Dequantized(node, first);
        var result = node.Add(op, Real(0), Real(3));
        return node.Add(new QuantizeLinear(0), result, node.In(6), node.Optional(7) ?? node.ScalarLike(0, node.In(0)));
    };

    /// <summary>An op of one quantized operand, quantized: x, its scale and zero point, the result's scale and zero point.</summary>
    public static Func<NodeContext, Value> QuantizedUnary(Func<NodeContext, Value, Value> apply) => node =>
        node.Add(new QuantizeLinear(0), apply(node, Dequantized(node, 0)), node.In(3), node.Optional(4) ?? node.ScalarLike(0, node.In(0)));

    public static Value QLinearConcat(NodeContext node)
    {
        var parts = Enumerable.Range(0, (node.InputCount - 2) / 3).Select(i => Dequantized(node, 2 + (3 * i))).ToArray();
        if (parts.Length == 0)
            node.Fail("it has no operands");
        var joined = node.Add(new Concat(parts[0].Shape.Axis(node.Attributes.Int("axis", 0))), parts);
        return node.Add(new QuantizeLinear(0), joined, node.In(0), node.In(1));
    }

    public static Value GlobalAverage(NodeContext node, Value x)
    {
        bool last = node.Attributes.Flag("channels_last");
        int first = last ? 1 : 2;
        return node.Add(new ReduceMean(Enumerable.Range(first, Math.Max(0, x.Type.Rank - 2)).ToEquatableArray(), KeepDims: true), x);
    }

    private static Value Dequantized(NodeContext node, int first)
    {
        var op = new DequantizeLinear(0);
        var (x, scale) = (node.In(first), node.In(first + 1));
        return node.Optional(first + 2) is { } zeroPoint ? node.Add(op, x, scale, zeroPoint) : node.Add(op, x, scale);
    }

    private static void CheckScale(NodeContext node)
    {
        if (node.In(2).Type is { Rank: not 1 } scale)
            node.Fail($"its scale is {scale} and should be a vector");
    }

    private static Value Sum(NodeContext node, int bias)
    {
        var sum = node.Add(new Add(), node.In(0), node.In(1));
        return node.Optional(bias) is { } b ? node.Add(new Add(), sum, b) : sum;
    }

    private static Value Activated(NodeContext node, Value x, string activation, double[] parameters)
    {
        double Parameter(int i, double otherwise) => i < parameters.Length ? parameters[i] : otherwise;
        return activation switch
        {
            "" => x,
            "Relu" => node.Add(new Relu(), x),
            "Sigmoid" => node.Add(new Sigmoid(), x),
            "Tanh" => node.Add(new Tanh(), x),
            "LeakyRelu" => node.Add(new LeakyRelu(Parameter(0, 0.01)), x),
            "Clip" => node.Add(new Clip(Parameter(0, double.NegativeInfinity), Parameter(1, double.PositiveInfinity)), x),
            "HardSigmoid" => node.Add(new HardSigmoid(Parameter(0, 0.2), Parameter(1, 0.5)), x),
            _ => throw node.Unsupported($"the activation '{activation}' is not supported"),
        };
    }
}
