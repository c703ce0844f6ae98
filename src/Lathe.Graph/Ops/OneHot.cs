using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// A new axis of <paramref name="Depth"/> elements, at <paramref name="Axis"/> of the output: <c>values[1]</c> at the place that the index says,
/// <c>values[0]</c> elsewhere. Inputs: indices (numbers; negative ones count from the end, those out of range choose nothing), values (two).
/// </summary>
public sealed record OneHot(long Depth, int Axis) : PrimitiveOp
{
    public override TensorType InferType(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 2);
        var (indices, values) = (inputs[0], inputs[1]);
        ElementTypes.Number(this, indices.Element);
        if (values.Rank != 1 || values.Shape[0].Value != 2)
            throw new ModelException("LATHE2063", $"the values {values} must be a vector of two: off and on");
        if (Depth < 0 || Axis < 0 || Axis > indices.Rank)
            throw new ModelException("LATHE2064", $"a new axis {Axis} of {Depth} elements does not suit the indices {indices}");
        return values.WithShape([.. indices.Shape.Take(Axis), Depth, .. indices.Shape.Skip(Axis)]);
    }

    public override Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index)
    {
        var chosen = Build.Cast(DType.Int64, inputs[0][index.Where((_, axis) => axis != Axis)]);
        if (inputs[0].Element.IsSigned)
            chosen = Build.Select(chosen < 0, chosen + Depth, chosen);
        return Build.Select(Build.Equal(chosen, index[Axis]), inputs[1][[1]], inputs[1][[0]]);
    }
}
