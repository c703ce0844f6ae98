using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>Dequantizing by one scale, or one for each place of an axis, becomes elementwise ops of the same arithmetic: (x - z) * s.</summary>
public sealed class DequantizeAsElementwise : Rule<DequantizeLinear>
{
    protected override Value? Apply(Node node, DequantizeLinear op, RewriteContext context)
    {
        var (x, scale) = (node.Inputs[0], node.Inputs[1]);
        if (op.BlockSize > 0 || x.Constant is not null)
            return null;
        var b = context.Builder;
        int rank = x.Type.Rank;
        Value wide = b.Add(new Cast(DType.Int32), x);
        if (node.Inputs.Length == 3 && !Patterns.IsAll(node.Inputs[2], 0))
            wide = b.Add(new Sub(), wide, Integers.Along(b, b.Add(new Cast(DType.Int32), node.Inputs[2]), rank, op.Axis));
        return b.Add(new Mul(), b.Add(new Cast(scale.Element), wide), Integers.Along(b, scale, rank, op.Axis));
    }
}
