using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>Axes in another order: output axis i is input axis <c>Permutation[i]</c>.</summary>
public sealed record Transpose(EquatableArray<int> Permutation) : PrimitiveOp
{
    public override TensorType InferType(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 1);
        var x = inputs[0];
        if (!Permutation.Order().SequenceEqual(Enumerable.Range(0, x.Rank)))
            throw new ModelException("LATHE2041", $"{Permutation} is not a permutation of the axes of {x}");
        return x.WithShape([.. Permutation.Select(axis => x.Shape[axis])]);
    }

    public override Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index)
    {
        var at = new Expr[Permutation.Count];
        for (int i = 0; i < at.Length; i++)
            at[Permutation[i]] = index[i];
        return inputs[0][at];
    }
}
