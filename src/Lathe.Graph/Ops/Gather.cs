using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// Whole slices of data (input 0) along an axis, chosen by integer indices (input 1), whose axes replace that axis. Negative
/// indices count from the end; those out of range are moved to the nearest end.
/// </summary>
public sealed record Gather(int Axis) : PrimitiveOp
{
    public override TensorType InferType(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 2);
        var (x, indices) = (inputs[0], inputs[1]);
        ElementTypes.Integer(this, indices.Element);
        if (Axis < 0 || Axis >= x.Rank)
            throw new ModelException("LATHE2042", $"axis {Axis} is out of range for {x}");
        GatherIndex.RequireElements(x, Axis, indices);
        return x.WithShape([.. x.Shape.Take(Axis), .. indices.Shape, .. x.Shape.Skip(Axis + 1)]);
    }

    public override Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index)
    {
        var (x, indices) = (inputs[0], inputs[1]);
        var chosen = GatherIndex.Of(indices[index.Skip(Axis).Take(indices.Rank)], x.Shape[Axis]);
        return x[[.. index.Take(Axis), chosen, .. index.Skip(Axis + indices.Rank)]];
    }
}
