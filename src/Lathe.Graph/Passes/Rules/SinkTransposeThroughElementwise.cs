using Lathe.Graphs.Ops;
using Lathe.Tensors;

namespace Lathe.Graphs.Passes.Rules;

/// <summary>
/// f(transpose(a), transpose(b), c) = transpose(f(a, b, c')), where the transposes are alike and c is a constant, a single
/// element, or varies along one axis at most, so that turning it moves no data. Where the transposes move no data either, c is a
/// constant: else it could be turned back and forth.
/// </summary>
public sealed class SinkTransposeThroughElementwise : Rule
{
    public override Value? Apply(Node node, RewriteContext context)
    {
        if (node.Op is not ElementwiseOp)
            return null;
        int rank = node.Output.Type.Rank;
        var transposed = node.Inputs.Where(i => i.Op is Transpose && i.Type.Rank == rank).Select(i => i.Node).ToList();
        if (transposed.Count == 0)
            return null;
        var moving = transposed.Find(MergeMovements.MovesData);
        var permutation = ((Transpose)(moving ?? transposed[0]).Op).Permutation;
        var operands = node.Inputs.Select(i => Turned(i, permutation, rank, moving is not null, context)).ToArray();
        return operands.Contains(null)
            ? null
            : context.Builder.Add(new Transpose(permutation), context.Builder.Add(node.Op, operands!));
    }

    /// <summary>What gives the operand when it is transposed so, or null when that would move data.</summary>
    private static Value? Turned(Value operand, EquatableArray<int> permutation, int rank, bool movesData, RewriteContext context)
    {
        if (operand.Op is Transpose t && t.Permutation == permutation)
            return operand.Node.Inputs[0];
        if (operand.Type.Rank == 0)
            return operand;
        bool free = operand.Constant is not null || (movesData && operand.Shape.Count(d => d != 1) <= 1);
        if (!free)
            return null;
        Shape full = [.. Enumerable.Repeat((Dim)1, rank - operand.Type.Rank), .. operand.Shape];
        var inverse = Inverse(permutation);
        return context.Builder.Add(new Transpose(inverse), context.Builder.Add(new Reshape(full), operand));
    }

    internal static EquatableArray<int> Inverse(EquatableArray<int> permutation)
    {
        var inverse = new int[permutation.Count];
        for (int i = 0; i < inverse.Length; i++)
            inverse[permutation[i]] = i;
        return inverse;
    }
}
