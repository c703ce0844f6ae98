using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>
/// Sums that are scaled to a byte go through floats where that gives the same bytes. The result is a flight of at most 255 steps; a line gives it exactly if it
/// is over each step at the sum where that begins and under it at the sum before. <see cref="StepLine"/> finds such a line for each channel.
/// </summary>
public sealed class ScaleByFloats : Rule<Cast>
{
    /// <summary>With less, and bytes shifted by no more than 21, a step's product takes 63 bits.</summary>
    private const long MostAddend = 1L << 29;

    protected override Value? Apply(Node node, Cast op, RewriteContext context)
    {
        if (op.To is not (DType.UInt8 or DType.Int8) || (OfFixedPoint(node, context) ?? OfReals(node, op.To, context)) is not { } scaled || scaled.Shape.ElementCount == 0)
            return null;
        var (x, bound) = (scaled.Sums, IntegerBound.Of(scaled.Sums));
        if (bound > int.MaxValue)
            return null;
        var steps = Enumerable.Range(0, (int)scaled.Shape.ElementCount).Select(i => scaled.Steps(i, bound)).ToList();
        foreach (bool split in new[] { false, true })
        {
            var lines = new StepLine?[steps.Count];
            for (int i = 0; i < lines.Length && (i == 0 || lines[i - 1] is not null); i++)
                lines[i] = steps[i] is { } found ? StepLine.Through(found, scaled.Slope(i), scaled.Low, bound, split) : null;
            if (lines[^1] is null)
                continue;
            Value Constant<T>(Func<StepLine, T> number) where T : unmanaged => context.Builder.Constant(Tensor.Of(scaled.Shape, lines.Select(l => number(l!)).ToArray()));
            var moved = Constant(l => l.Move);
            var sum = x.Op is Add && Patterns.WithConstant(x.Node) is var (y, bias) && context.IsUsedOnce(x)
                ? context.Builder.Add(new Add(), y, context.Builder.Add(new Add(), bias, moved))
                : context.Builder.Add(new Add(), x, moved);
            Value[] inputs = [sum, Constant(l => l.Scale), Constant(l => l.Offset), .. split ? [Constant(l => l.Rest)] : Array.Empty<Value>()];
            return context.Builder.Add(op, context.Builder.Add(new Clip(scaled.Low, scaled.High), context.Builder.Add(new FloorScale(split), inputs)));
        }
        return null;
    }

    /// <summary>Sums that become bytes by steps.</summary>
    /// <param name="Sums">The sums, of i32.</param>
    /// <param name="Low">The least byte.</param>
    /// <param name="High">The greatest byte.</param>
    /// <param name="Shape">That of numbers for each channel.</param>
    /// <param name="Slope">Bytes for a sum, of a channel.</param>
    /// <param name="Steps">The least sum for each byte but the least, of a channel whose sums are bounded.</param>
    private sealed record Scaled(Value Sums, int Low, int High, Shape Shape, Func<int, double> Slope, Func<int, long, long[]?> Steps);

    private static Scaled? OfFixedPoint(Node node, RewriteContext context)
    {
        if (node.Inputs[0] is not { Op: Clip { Min: { } low, Max: { } high } } clipped || clipped.Node.Inputs[0] is not { Op: ShiftedProduct product } scaled
            || !context.IsUsedOnce(clipped) || !context.IsUsedOnce(scaled) || high - low is not (>= 1 and <= byte.MaxValue)
            || scaled.Node.Inputs is not [var x, { Constant: { } multipliers }, { Constant: { } addends }, { Constant: { } shifts }])
            return null;
        Tensor[] numbers = [multipliers, addends, shifts];
        var shape = numbers.MaxBy(t => t.Count)!.Shape;
        if (numbers.Any(t => t.Count != 1 && t.Shape != shape))
            return null;
        long At(Tensor tensor, int i) => tensor.GetInt64(tensor.Count == 1 ? 0 : i);
        return new(x, (int)low, (int)high, shape,
            i => Math.ScaleB(At(multipliers, i), -product.Drop - (int)At(shifts, i)),
            (i, bound) => Steps(product, At(multipliers, i), At(addends, i), (int)At(shifts, i), (int)low, (int)high, bound));
    }

    /// <summary>As ONNX scales sums: a product of floats, rounded to even, and a zero point.</summary>
    private static Scaled? OfReals(Node node, DType to, RewriteContext context)
    {
        var rounded = node.Inputs[0];
        int zero = 0;
        if (rounded.Op is Add && Patterns.WithConstant(rounded.Node) is (var before, { Constant: { Count: 1, Type: DType.Float32 } point }) && context.IsUsedOnce(rounded))
            (rounded, zero) = (before, (int)point.GetDouble(0));
        if (rounded is not { Op: Round } || rounded.Node.Inputs[0] is not { Op: Mul } product || Patterns.WithConstant(product.Node) is not (var real, { Constant: { Type: DType.Float32 } factors })
            || real is not { Op: Cast } || real.Node.Inputs[0] is not { Element: DType.Int32 } x || zero is < sbyte.MinValue or > byte.MaxValue
            || !context.IsUsedOnce(rounded) || !context.IsUsedOnce(product) || !context.IsUsedOnce(real) || real.Type != product.Type)
            return null;
        var (low, high) = to == DType.UInt8 ? (byte.MinValue, byte.MaxValue) : ((int)sbyte.MinValue, (int)sbyte.MaxValue);
        return new(x, low, high, factors.Shape, i => factors.GetDouble(i), (i, bound) => RealSteps((float)factors.GetDouble(i), zero, low, high, bound));
    }

    private static long[]? RealSteps(float factor, int zero, int low, int high, long bound)
    {
        if (!(factor > 0) || !float.IsFinite(factor))
            return null;
        return [.. Enumerable.Range(low + 1, high - low).Select(k =>
        {
            bool Reaches(long sum) => MathF.Round(sum * factor) + zero >= k;
            double about = Math.Ceiling((k - zero - 0.5) / factor);
            if (Math.Abs(about) > bound + 2)
                return about < 0 ? -bound : bound + 1;
            long first = (long)about;
            while (first > -bound && Reaches(first - 1))
                first--;
            while (first <= bound && !Reaches(first))
                first++;
            return Math.Clamp(first, -bound, bound + 1);
        })];
    }

    /// <summary>The least sum for each result from <paramref name="low"/> + 1 to <paramref name="high"/>; null where that is not known.</summary>
    private static long[]? Steps(ShiftedProduct product, long multiplier, long addend, int shift, int low, int high, long bound)
    {
        if (multiplier <= 0 || shift is < 0 or > 21 || Math.Abs(addend) >= MostAddend || product.Drop > 32)
            return null;
        return [.. Enumerable.Range(low + 1, high - low).Select(k =>
        {
            long least = ((long)k << shift) - addend;
            if (product.Away && least < 0)
                least++;
            long first = (least << product.Drop) - product.Nudge;
            return Math.Clamp(first > 0 ? (first + multiplier - 1) / multiplier : first / multiplier, -bound, bound + 1);
        })];
    }
}
