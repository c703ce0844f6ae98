using Lathe.Formats.TFLite.Importing;
using Lathe.Formats.TFLite.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>Activations on integers that stand for reals. A function of one 8-bit integer is a table of 256.</summary>
internal static class IntegerActivations
{
    public static Value Logistic(NodeContext node)
    {
        if (!node.IsQuantized())
            return Results.Of(node, node.Add(new Sigmoid(), node.Real(0)));
        return node.In(0).Element == DType.Int16 ? WideActivations.Logistic(node) : Table(node, x => 1 / (1 + MathF.Exp(-x)));
    }

    public static Value Tanh(NodeContext node)
    {
        if (!node.IsQuantized())
            return Results.Of(node, node.Add(new Tanh(), node.Real(0)));
        return node.In(0).Element == DType.Int16 ? WideActivations.Tanh(node) : Table(node, MathF.Tanh);
    }

    public static Value Relu(NodeContext node, ActivationKind kind)
    {
        var (from, to) = (node.Quantization(0), node.OutputQuantization());
        var scaled = FixedPoint.Scaled(node, IntegerArithmetic.Centred(node, node.In(0), from), FixedPointRounding.TwiceAway, (double)from.Scale / to.Scale);
        return IntegerArithmetic.Stored(node, scaled, kind);
    }

    public static Value LeakyRelu(NodeContext node)
    {
        var (from, to) = (node.Quantization(0), node.OutputQuantization());
        var x = IntegerArithmetic.Centred(node, node.In(0), from);
        var above = FixedPoint.Scaled(node, x, FixedPointRounding.TwiceAway, from.Scale / to.Scale);
        var below = FixedPoint.Scaled(node, x, FixedPointRounding.TwiceAway, from.Scale * node.Options.Float(0) / to.Scale);
        return IntegerArithmetic.Stored(node, Chosen(node, x, above, below), ActivationKind.None);
    }

    public static Value PRelu(NodeContext node)
    {
        var (from, slope, to) = (node.Quantization(0), node.Quantization(1), node.OutputQuantization());
        var x = IntegerArithmetic.Centred(node, node.In(0), from);
        var above = FixedPoint.Scaled(node, x, FixedPointRounding.TwiceAway, from.Scale / to.Scale);
        var product = node.Add(new Mul(), x, IntegerArithmetic.Centred(node, node.In(1), slope));
        var below = FixedPoint.Scaled(node, product, FixedPointRounding.TwiceAway, from.Scale * slope.Scale / to.Scale);
        return IntegerArithmetic.Stored(node, Chosen(node, x, above, below), ActivationKind.None);
    }

    /// <summary>The kernels compute in 16 bits: the input with 7 bits to spare, and the gate as a share of 2^15.</summary>
    public static Value HardSwish(NodeContext node)
    {
        if (node.In(0).Element == DType.Int16)
            throw node.Unsupported("16-bit integers are not supported");
        var (from, to) = (node.Quantization(0), node.OutputQuantization());
        float fine = 1f / 128 * from.Scale;
        var (outputFactor, outputShift) = FixedPoint.Of(fine / to.Scale);
        var (gateFactor, gateShift) = FixedPoint.Of(fine / (3f / 32768));
        return Lookup(node, stored =>
        {
            int x = (stored - from.ZeroPoint) * 128;
            int scaled = HighMul16(x, Narrow(outputFactor), 1 << 14);
            int gate = x;
            if (gateShift > 0)
                gate = Saturate16(gate << (gateShift - 1));
            gate = HighMul16(gate, Narrow(gateFactor), 1 << 14);
            if (gateShift > 0)
                gate = Saturate16(gate << 1);
            else if (gateShift < 0)
                gate = RoundingShift(gate, -gateShift);
            gate = (gate + (1 << 15)) >> 1;
            return RoundingShift(HighMul16(gate, scaled, 0), -outputShift) + to.ZeroPoint;
        });
    }

    /// <summary>exp of the distances to the greatest element from a table of f32, divided by their sum, and rounded.</summary>
    public static Value Softmax(NodeContext node, float beta)
    {
        var (x, from, to) = (node.In(0), node.Quantization(0), node.OutputQuantization());
        if (x.Element == DType.Int16)
            return WideActivations.Softmax(node, beta);
        float[] table = [.. Enumerable.Range(0, 256).Select(i => MathF.Exp(-from.Scale * beta * i))];
        var wide = node.Add(new Cast(DType.Int32), x);
        int axis = x.Type.Rank - 1;
        var distance = node.Add(new Sub(), node.Add(new ReduceMax([axis], KeepDims: true), wide), wide);
        var powers = node.Add(new Gather(0), node.Builder.Constant(Tensor.Vector<float>(table)), distance);
        var sum = node.Add(new ReduceSum([axis], KeepDims: true), powers);
        var inverse = node.Add(new Div(), node.Builder.Scalar(1, DType.Float32), node.Add(new Mul(), sum, node.Builder.Scalar(to.Scale, DType.Float32)));
        var zero = Tensor.Zeros(node.OutputElement(), Shape.Scalar);
        zero.SetInt64(0, to.ZeroPoint);
        return node.Add(
            new QuantizeLinear(0, TiesAway: true), node.Add(new Mul(), powers, inverse), node.Builder.Scalar(1, DType.Float32), node.Builder.Constant(zero));
    }

    /// <summary>128 times the share of the row's norm.</summary>
    public static Value L2Normalization(NodeContext node)
    {
        var x = IntegerArithmetic.Centred(node, node.In(0), node.Quantization(0));
        var squares = node.Add(new ReduceSum([x.Type.Rank - 1], KeepDims: true), node.Add(new Mul(), x, x));
        var norm = node.Add(new Sqrt(), node.Add(new Cast(DType.Float32), node.Add(new Max(), squares, node.Builder.Scalar(1, DType.Int32))));
        var zero = Tensor.Zeros(node.OutputElement(), Shape.Scalar);
        zero.SetInt64(0, node.OutputQuantization().ZeroPoint);
        var share = node.Add(new Div(), node.Add(new Cast(DType.Float32), x), norm);
        return node.Add(new QuantizeLinear(0, TiesAway: true), share, node.Builder.Scalar(1.0 / 128, DType.Float32), node.Builder.Constant(zero));
    }

    /// <summary>A function of reals, tabulated.</summary>
    public static Value Table(NodeContext node, Func<float, float> function)
    {
        var (from, to) = (node.Quantization(0), node.OutputQuantization());
        float inverse = 1 / to.Scale;
        return Lookup(node, stored => (long)MathF.Round(function(from.Scale * (stored - from.ZeroPoint)) * inverse, MidpointRounding.AwayFromZero) + to.ZeroPoint);
    }

    private static Value Lookup(NodeContext node, Func<int, long> function)
    {
        var x = node.In(0);
        int first = (int)IntegerArithmetic.Limits(x.Element).Low;
        var (low, high) = IntegerArithmetic.Limits(node.OutputElement());
        var table = Tensor.Zeros(node.OutputElement(), [256]);
        for (int i = 0; i < 256; i++)
            table.SetInt64(i, Math.Clamp(function(first + i), low, high));
        var index = node.Add(new Cast(DType.Int32), x);
        return node.Add(new Gather(0), node.Builder.Constant(table), first == 0 ? index : node.Add(new Sub(), index, node.Builder.Scalar(first, DType.Int32)));
    }

    private static Value Chosen(NodeContext node, Value x, Value above, Value below) =>
        node.Add(new Where(), node.Add(new GreaterEqual(), x, node.Builder.Scalar(0, DType.Int32)), above, below);

    private static int Narrow(int multiplier) => multiplier >= int.MaxValue - (1 << 15) ? short.MaxValue : (multiplier + (1 << 15)) >> 16;

    private static int HighMul16(int a, int b, int nudge)
    {
        if (a == short.MinValue && b == short.MinValue)
            return short.MaxValue;
        int product = a * b;
        return (short)((product + (product >= 0 || nudge == 0 ? nudge : 1 - nudge)) / (1 << 15));
    }

    private static int Saturate16(int value) => Math.Clamp(value, short.MinValue, short.MaxValue);

    private static int RoundingShift(int x, int by)
    {
        if (by <= 0)
            return x << -by;
        int mask = (1 << by) - 1;
        return (x >> by) + ((x & mask) > (mask >> 1) + (x < 0 ? 1 : 0) ? 1 : 0);
    }
}
