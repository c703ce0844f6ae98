using Lathe.Graphs.Ops;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>
/// a x transpose(b) becomes a product with a Transpose, because kernels read rows of b. A constant matrix stays: it is packed anyway.
/// </summary>
public sealed class TransposeBeforeMatMul : Rule<MatMul>
{
    protected override Value? Apply(Node node, MatMul op, RewriteContext context)
    {
        var b = node.Inputs[1];
        if (!op.TransposeB || b is { Constant: not null, Type.Rank: 2 })
            return null;
        int rank = b.Type.Rank;
        var swapped = context.Builder.Add(new Transpose([.. Enumerable.Range(0, rank - 2), rank - 1, rank - 2]), b);
        return context.Builder.Add(op with { TransposeB = false }, node.Inputs[0], swapped);
    }
}
