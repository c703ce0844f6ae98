using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>
/// A dense layer after a flattened transpose reads the untransposed data with its weights' rows reordered: this is how the
/// last images of a network go from channels-last to a vector.
/// </summary>
public sealed class FoldTransposeIntoDenseWeights : Rule<MatMul>
{
    protected override Value? Apply(Node node, MatMul op, RewriteContext context)
    {
        if (op.TransposeA || node.Inputs[0] is not { Op: Reshape, Type.Rank: 2 } flat || node.Inputs[1] is not { Constant: not null, Type.Rank: 2 } weights
            || flat.Node.Inputs[0] is not { Op: Transpose { Permutation: var permutation } } transposed
            || permutation[0] != 0 || !transposed.Shape.IsKnown || transposed.Shape[0] != flat.Shape[0]
            || transposed.Shape.Skip(1).Aggregate((Dim)1, (n, d) => n * d) != flat.Shape[1])
            return null;
        var b = context.Builder;
        var x = transposed.Node.Inputs[0];
        var columns = weights.Shape[op.TransposeB ? 0 : 1];
        int rank = permutation.Count;
        Shape inner = [.. transposed.Shape.Skip(1)];
        // The weights' row axes take the transposed order; bring them back to the order of x.
        var order = Enumerable.Range(1, rank - 1).Select(axis => SinkTransposeThroughElementwise.Inverse(permutation)[axis] - 1).ToArray();
        Value reordered = op.TransposeB
            ? b.Add(new Transpose([0, .. order.Select(a => a + 1)]), b.Add(new Reshape([columns, .. inner]), weights))
            : b.Add(new Transpose([.. order, rank - 1]), b.Add(new Reshape([.. inner, columns]), weights));
        return b.Add(op, b.Add(new Reshape(flat.Shape), x), b.Add(new Reshape(weights.Shape), reordered));
    }
}
