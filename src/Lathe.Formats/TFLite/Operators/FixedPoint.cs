using Lathe.Formats.TFLite.Importing;
using Lathe.Formats.TFLite.Reading;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Formats.TFLite.Operators;

/// <summary>Real factors as TFLite's integer kernels hold them: a multiplier of 31 bits and a power of two.</summary>
internal static class FixedPoint
{
    /// <summary>
    /// real = multiplier * 2^(shift - 31), to the nearest multiplier from 2^30 on; factors under 2^-32 become 0.
    /// </summary>
    public static (int Multiplier, int Shift) Of(double real)
    {
        if (!(real >= 0) || double.IsInfinity(real))
            throw new ModelException("LATHE3226", $"the factor {real} between scales cannot be", "a scale of the model is not a positive number");
        if (real == 0)
            return (0, 0);
        int shift = Math.ILogB(real) + 1;
        long multiplier = (long)Math.Round(Math.ScaleB(real, 31 - shift), MidpointRounding.AwayFromZero);
        if (multiplier == 1L << 31)
            (multiplier, shift) = (multiplier / 2, shift + 1);
        if (shift < -31)
            return (0, 0);
        return shift > 30 ? (int.MaxValue, 30) : ((int)multiplier, shift);
    }

    /// <summary>i32 or i64 values times one real factor, or one for each place along the last axis, rounded.</summary>
    public static Value Scaled(NodeContext node, Value x, FixedPointRounding rounding, params IReadOnlyList<double> factors)
    {
        var parts = factors.Select(Of).ToArray();
        var shape = parts.Length == 1 ? Shape.Scalar : Shape.Of(parts.Length);
        return node.Add(
            new FixedPointScale(rounding), x,
            node.Builder.Constant(Tensor.Of(shape, parts.Select(p => p.Multiplier).ToArray())), node.Builder.Constant(Tensor.Of(shape, parts.Select(p => p.Shift).ToArray())));
    }

    /// <summary>
    /// As <see cref="Scaled"/> for the 64-bit sums of 16-bit networks, whose kernels keep 16 bits of each multiplier.
    /// </summary>
    public static Value ScaledWide(NodeContext node, Value x, params IReadOnlyList<double> factors)
    {
        var parts = factors.Select(Of).Select(p => (Multiplier: p.Multiplier < 0x7FFF0000 ? (p.Multiplier + (1 << 15)) >> 16 : 0x7FFF, Shift: p.Shift + 16)).ToArray();
        var shape = parts.Length == 1 ? Shape.Scalar : Shape.Of(parts.Length);
        return node.Add(
            new FixedPointScale(FixedPointRounding.Once), x,
            node.Builder.Constant(Tensor.Of(shape, parts.Select(p => p.Multiplier).ToArray())), node.Builder.Constant(Tensor.Of(shape, parts.Select(p => p.Shift).ToArray())));
    }
}
