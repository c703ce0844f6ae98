using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>
/// A factor of constant parts below 1 becomes a <see cref="ShiftedProduct"/>, where the sums in it are sure to fit 32 bits. Rounding twice upwards is one
/// addition: floor((floor((p + 2^30) / 2^31) + 2^(r - 1)) / 2^r) = floor((floor((p + 2^30) / 2^32) + 2^(r - 2)) / 2^(r - 1)) from r = 2 on, and the high
/// halves of products are what vectors have at hand.
/// </summary>
public sealed class ShortenFixedPointScale : Rule<FixedPointScale>
{
    private const long Half = 1L << 30;

    protected override Value? Apply(Node node, FixedPointScale op, RewriteContext context)
    {
        var (x, multiplier, shift) = (node.Inputs[0], node.Inputs[1], node.Inputs[2]);
        if (x.Element != DType.Int32 || multiplier.Constant is null || shift.Constant is not { Count: > 0 } shifts)
            return null;
        long[] right = [.. shifts.ToInt64Array().Select(s => -s)];
        bool away = op.Rounding == FixedPointRounding.TwiceAway;
        int least = op.Rounding == FixedPointRounding.TwiceUp ? 0 : 1;
        if (right.Any(r => r < least || r > 30))
            return null;
        int dropped = !away && right.All(r => r >= 2) ? 1 : 0;
        long[] addends = [.. right.Select(r => r == 0 ? 0 : 1L << (int)(r - 1 - dropped))];
        if ((IntegerBound.Of(x) >> dropped) + addends.Max() + 2 > int.MaxValue)
            return null;
        Value Constant(IEnumerable<long> numbers) => context.Builder.Constant(Tensor.Of(shifts.Shape, numbers.Select(n => (int)n).ToArray()));
        var product = new ShiftedProduct(op.Rounding == FixedPointRounding.Once ? 0 : Half, 31 + dropped, away);
        return context.Builder.Add(product, x, multiplier, Constant(addends), Constant(right.Select(r => r - dropped)));
    }
}
