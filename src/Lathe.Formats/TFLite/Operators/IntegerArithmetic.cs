using Lathe.Formats.TFLite.Importing;
using Lathe.Formats.TFLite.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>Elementwise operators on integers that stand for reals, with TFLite's rounding.</summary>
internal static class IntegerArithmetic
{
    /// <summary>Both operands are brought to half of the larger scale with bits to spare, and the sum to the output's.</summary>
    public static Value Add(NodeContext node, bool subtract)
    {
        double a = node.Quantization(0).Scale, b = node.Quantization(1).Scale, output = node.OutputQuantization().Scale;
        double larger = 2 * Math.Max(a, b);
        int spare = node.In(0).Element == DType.Int16 ? 15 : 20;
        Value Scaled(int input, double scale)
        {
            var shifted = node.Add(new Mul(), Centred(node, node.In(input), node.Quantization(input)), node.Builder.Scalar(1 << spare, DType.Int32));
            return FixedPoint.Scaled(node, shifted, FixedPointRounding.TwiceAway, scale / larger);
        }
        var sum = node.Add(subtract ? new Sub() : new Add(), Scaled(0, a), Scaled(1, b));
        return Stored(node, FixedPoint.Scaled(node, sum, FixedPointRounding.TwiceAway, larger / ((1 << spare) * output)), node.Options.Activation(0));
    }

    public static Value Mul(NodeContext node)
    {
        var product = node.Add(new Mul(), Centred(node, node.In(0), node.Quantization(0)), Centred(node, node.In(1), node.Quantization(1)));
        // The kernels compute this factor in single precision.
        float factor = node.Quantization(0).Scale * node.Quantization(1).Scale / node.OutputQuantization().Scale;
        return Stored(node, FixedPoint.Scaled(node, product, FixedPointRounding.TwiceAway, factor), node.Options.Activation(0));
    }

    /// <summary>Integers of one scale to those of another.</summary>
    public static Value Requantize(NodeContext node)
    {
        var (from, to) = (node.Quantization(0), node.OutputQuantization());
        var scaled = FixedPoint.Scaled(node, Centred(node, node.In(0), from), FixedPointRounding.TwiceAway, (double)from.Scale / to.Scale);
        return Stored(node, scaled, ActivationKind.None);
    }

    /// <summary>An operand of a concatenation as the output stores it, computed in single precision as the kernels do.</summary>
    public static Value Rescaled(NodeContext node, Value x, LiteQuantization from, LiteQuantization to)
    {
        if (from.Scale == to.Scale && from.ZeroPoint == to.ZeroPoint)
            return x;
        float scale = from.Scale * (1f / to.Scale), bias = -from.ZeroPoint * scale;
        var real = node.Add(new Mul(), node.Add(new Cast(DType.Float32), x), node.Builder.Scalar(scale, DType.Float32));
        var zero = Tensor.Zeros(x.Element, Shape.Scalar);
        zero.SetInt64(0, to.ZeroPoint);
        return node.Add(
            new QuantizeLinear(0, TiesAway: true), node.Add(new Add(), real, node.Builder.Scalar(bias, DType.Float32)), node.Builder.Scalar(1, DType.Float32), node.Builder.Constant(zero));
    }

    /// <summary>Integers kept within an activation's range, where it cuts the type's.</summary>
    public static Value Clamped(NodeContext node, Value x, ActivationKind activation)
    {
        var (low, high) = Range(node, activation);
        return (low, high) == Limits(x.Element) ? x : node.Add(new Clip(low, high), x);
    }

    /// <summary>i32 results moved by the output's zero point, kept within its type and the activation's range, and stored.</summary>
    public static Value Stored(NodeContext node, Value scaled, ActivationKind activation)
    {
        var (low, high) = Range(node, activation);
        int zero = node.OutputQuantization().ZeroPoint;
        var moved = zero == 0 ? scaled : node.Add(new Add(), scaled, node.Builder.Scalar(zero, DType.Int32));
        return node.Add(new Cast(node.OutputElement()), node.Add(new Clip(low, high), moved));
    }

    /// <summary>x less its zero point, in i32.</summary>
    public static Value Centred(NodeContext node, Value x, LiteQuantization by)
    {
        var wide = node.Add(new Cast(DType.Int32), x);
        return by.ZeroPoint == 0 ? wide : node.Add(new Sub(), wide, node.Builder.Scalar(by.ZeroPoint, DType.Int32));
    }

    /// <summary>The integers that an activation lets the output have.</summary>
    public static (long Low, long High) Range(NodeContext node, ActivationKind activation)
    {
        var (low, high) = Limits(node.OutputElement());
        var by = node.OutputQuantization();
        long Place(float real) => by.ZeroPoint + (long)MathF.Round(real / by.Scale, MidpointRounding.AwayFromZero);
        return activation switch
        {
            ActivationKind.None => (low, high),
            ActivationKind.Relu => (Math.Max(low, Place(0)), high),
            ActivationKind.ReluN1To1 => (Math.Max(low, Place(-1)), Math.Min(high, Place(1))),
            ActivationKind.Relu6 => (Math.Max(low, Place(0)), Math.Min(high, Place(6))),
            _ => throw node.Unsupported($"the fused activation {activation} is not supported on integers"),
        };
    }

    public static (long Low, long High) Limits(DType type) => type switch
    {
        DType.UInt8 => (0, 255),
        DType.Int8 => (-128, 127),
        _ => (short.MinValue, short.MaxValue),
    };
}
