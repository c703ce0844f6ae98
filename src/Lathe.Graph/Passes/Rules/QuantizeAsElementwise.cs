using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>
/// Quantizing by one scale, or one for each place of an axis, becomes elementwise ops of the same arithmetic, which fuse and through which transposes move:
/// x / s, rounded, + z, saturated. Where x is made of sums of integers already, whose factor was rounded, the quotient is a product with 1 / s: so a result
/// may differ by 1 in the last place where it lies between two.
/// </summary>
public sealed class QuantizeAsElementwise : Rule<QuantizeLinear>
{
    private const int DepthLimit = 8;

    protected override Value? Apply(Node node, QuantizeLinear op, RewriteContext context)
    {
        var (x, scale, zero) = (node.Inputs[0], node.Inputs[1], node.Inputs[2]);
        if (op.BlockSize > 0 || op.TiesAway || scale.Element != DType.Float32 || !(x.Element is DType.Float32 or DType.Float16 or DType.BFloat16 || x.Element.IsInteger))
            return null;
        var b = context.Builder;
        int rank = x.Type.Rank;
        var real = x.Element == DType.Float32 ? x : b.Add(new Cast(DType.Float32), x);
        var parameter = Integers.Along(b, scale, rank, op.Axis);
        var quotient = Patterns.IsAll(scale, 1) ? real
            : IsProduct(x, 0) ? b.Add(new Mul(), real, b.Add(new Reciprocal(), parameter))
            : b.Add(new Div(), real, parameter);
        Value rounded = b.Add(new Round(), quotient);
        if (!Patterns.IsAll(zero, 0))
            rounded = b.Add(new Add(), rounded, Integers.Along(b, b.Add(new Cast(DType.Float32), zero), rank, op.Axis));
        return b.Add(new Cast(node.Output.Element), rounded);
    }

    /// <summary>Whether a value is made by elementwise ops from sums of integers, with constants at most.</summary>
    private static bool IsProduct(Value value, int depth) =>
        depth < DepthLimit && value.Constant is null && (value.Op is Conv { Sum: not null } or MatMul { Sum: not null }
            || (value.Op is Mul or Add or Relu or Clip or Cast or Transpose && value.Node.Inputs.All(i => i.Constant is not null || IsProduct(i, depth + 1))));
}
