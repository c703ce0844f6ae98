using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// Slices of data (input 0) chosen by index vectors, which lie along the last axis of the indices (input 1) and address the axes after the first
/// <paramref name="BatchDims"/>, which both have in common. Indices as in <see cref="Gather"/>.
/// </summary>
public sealed record GatherND(int BatchDims = 0) : PrimitiveOp
{
    public override TensorType InferType(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 2);
        var (x, indices) = (inputs[0], inputs[1]);
        ElementTypes.Integer(this, indices.Element);
        if (BatchDims < 0 || BatchDims >= indices.Rank || BatchDims > x.Rank)
            throw new ModelException("LATHE2057", $"data {x} and indices {indices} do not have {BatchDims} leading axes and one more");
        long depth = indices.Shape[^1].Value;
        if (depth > x.Rank - BatchDims)
            throw new ModelException("LATHE2058", $"index vectors of {depth} elements are too long for {x}");
        for (int axis = 0; axis < BatchDims; axis++)
            if (x.Shape[axis].IsKnown && indices.Shape[axis].IsKnown && x.Shape[axis] != indices.Shape[axis])
                throw new ModelException("LATHE2059", $"data {x} and indices {indices} differ along axis {axis}");
        for (int axis = BatchDims; axis < BatchDims + depth; axis++)
            GatherIndex.RequireElements(x, axis, indices);
        return x.WithShape([.. indices.Shape.SkipLast(1), .. x.Shape.Skip(BatchDims + (int)depth)]);
    }

    public override Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index)
    {
        var (x, indices) = (inputs[0], inputs[1]);
        int depth = (int)indices.Shape[^1];
        int lookUps = indices.Rank - 1;
        var at = new Expr[x.Rank];
        for (int axis = 0; axis < at.Length; axis++)
        {
            at[axis] = axis < BatchDims ? index[axis]
                : axis < BatchDims + depth ? GatherIndex.Of(indices[[.. index.Take(lookUps), axis - BatchDims]], x.Shape[axis])
                : index[lookUps + axis - BatchDims - depth];
        }
        return x[at];
    }
}
