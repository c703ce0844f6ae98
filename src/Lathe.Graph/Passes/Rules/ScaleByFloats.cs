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
        if (op.To is not (DType.UInt8 or DType.Int8) || node.Inputs[0] is not { Op: Clip { Min: { } low, Max: { } high } clip } clipped
            || clipped.Node.Inputs[0] is not { Op: ShiftedProduct product } scaled || !context.IsUsedOnce(clipped) || !context.IsUsedOnce(scaled)
            || high - low is not (>= 1 and <= byte.MaxValue)
            || scaled.Node.Inputs is not [var x, { Constant: { } multipliers }, { Constant: { } addends }, { Constant: { } shifts }])
            return null;
        var shape = new[] { multipliers, addends, shifts }.MaxBy(t => t.Count)!.Shape;
        if (shape.ElementCount == 0 || new[] { multipliers, addends, shifts }.Any(t => t.Count != 1 && t.Shape != shape) || IntegerBound.Of(x) is var bound && bound > int.MaxValue)
            return null;
        long At(Tensor tensor, int i) => tensor.GetInt64(tensor.Count == 1 ? 0 : i);
        var steps = Enumerable.Range(0, (int)shape.ElementCount)
            .Select(i => Steps(product, At(multipliers, i), At(addends, i), (int)At(shifts, i), (int)low, (int)high, bound)).ToList();
        foreach (bool split in new[] { false, true })
        {
            var lines = new StepLine?[steps.Count];
            for (int i = 0; i < lines.Length && (i == 0 || lines[i - 1] is not null); i++)
                lines[i] = steps[i] is { } found ? StepLine.Through(found, Math.ScaleB(At(multipliers, i), -product.Drop - (int)At(shifts, i)), (int)low, bound, split) : null;
            if (lines[^1] is null)
                continue;
            Value Constant<T>(Func<StepLine, T> number) where T : unmanaged => context.Builder.Constant(Tensor.Of(shape, lines.Select(l => number(l!)).ToArray()));
            var moved = Constant(l => l.Move);
            var sum = x.Op is Add && Patterns.WithConstant(x.Node) is var (y, bias) && context.IsUsedOnce(x)
                ? context.Builder.Add(new Add(), y, context.Builder.Add(new Add(), bias, moved))
                : context.Builder.Add(new Add(), x, moved);
            Value[] inputs = [sum, Constant(l => l.Scale), Constant(l => l.Offset), .. split ? [Constant(l => l.Rest)] : Array.Empty<Value>()];
            return context.Builder.Add(op, context.Builder.Add(clip, context.Builder.Add(new FloorScale(split), inputs)));
        }
        return null;
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
