using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>
/// Sums of integers between DequantizeLinear and QuantizeLinear are scaled once, as QLinearConv does it: x f + b, where b is made of whole sums, is (x + b / f) f;
/// x f divided by a step s is x (f / s); and an activation that cuts off no more than the bytes' range does is dropped.
/// </summary>
public sealed class RequantizeSums : Rule
{
    /// <summary>How far a bias may be from whole sums, for that is how its own scale was rounded.</summary>
    private const double MostOff = 1e-6;

    public override Value? Apply(Node node, RewriteContext context) => node.Op switch
    {
        Add => Biased(node, context.Builder),
        QuantizeLinear { BlockSize: 0, TiesAway: false } op => Requantized(node, op, context.Builder),
        _ => null,
    };

    private static Value? Biased(Node node, GraphBuilder b)
    {
        if (Patterns.WithConstant(node) is not (var scaled, { Constant: { } bias }) || Scaled(scaled) is not var (sums, factor)
            || node.Output.Shape != sums.Shape || (factor.Count != 1 && factor.Shape != bias.Shape) || Whole(bias, factor) is not { } whole)
            return null;
        return b.Add(new Mul(), b.Add(new Cast(DType.Float32), b.Add(new Add(), sums, b.Constant(whole))), b.Constant(factor));
    }

    private static Value? Requantized(Node node, QuantizeLinear op, GraphBuilder b)
    {
        var (x, scale, zero) = (node.Inputs[0], node.Inputs[1], node.Inputs[2]);
        if (scale.Constant is not { Count: 1, Type: DType.Float32 } step || zero.Constant is not { Count: 1 } point)
            return null;
        if (CutsLess(x, step.GetDouble(0), point))
            return b.Add(op, x.Node.Inputs[0], scale, zero);
        if (step.GetDouble(0) == 1 || Scaled(x) is not var (sums, factor))
            return null;
        var scaled = b.Add(new Mul(), b.Add(new Cast(DType.Float32), sums), b.Add(new Div(), b.Constant(factor), b.Constant(Tensor.Scalar((float)step.GetDouble(0)))));
        return b.Add(op, scaled, b.Scalar(1, DType.Float32), zero);
    }

    /// <summary>Sums in i32 and the constant that they are multiplied by as floats.</summary>
    private static (Value Sums, Tensor Factor)? Scaled(Value value) =>
        value is { Op: Mul, Element: DType.Float32 } && Patterns.WithConstant(value.Node) is (var real, { Constant: { } factor })
            && real is { Op: Cast } && real.Node.Inputs[0] is { Element: DType.Int32 } sums && value.Shape == sums.Shape ? (sums, factor) : null;

    /// <summary>Whether an activation keeps apart only what bytes of that step and zero point do not.</summary>
    private static bool CutsLess(Value x, double step, Tensor zero)
    {
        var (low, high) = x.Op switch
        {
            Relu => (0, double.PositiveInfinity),
            Clip { Min: var min, Max: var max } => (min ?? double.NegativeInfinity, max ?? double.PositiveInfinity),
            _ => (double.NaN, double.NaN),
        };
        var (least, most) = zero.Type == DType.UInt8 ? (byte.MinValue, byte.MaxValue) : ((int)sbyte.MinValue, (int)sbyte.MaxValue);
        double Byte(double real) => Math.Round(real / step) + zero.GetInt64(0);
        return zero.Type is DType.UInt8 or DType.Int8 && x.Element == DType.Float32 && step > 0 && Byte(low) <= least && Byte(high) >= most;
    }

    /// <summary>A bias as sums; null where it is not made of whole ones.</summary>
    private static Tensor? Whole(Tensor bias, Tensor factor)
    {
        var whole = new int[bias.Count];
        for (int i = 0; i < whole.Length; i++)
        {
            double each = factor.GetDouble(factor.Count == 1 ? 0 : i), sums = Math.Round(bias.GetDouble(i) / each);
            if (!(Math.Abs(sums) < 1 << 30) || !(Math.Abs((sums * each) - bias.GetDouble(i)) <= MostOff * Math.Abs(bias.GetDouble(i))))
                return null;
            whole[i] = (int)sums;
        }
        return Tensor.Of(bias.Shape, whole);
    }
}
