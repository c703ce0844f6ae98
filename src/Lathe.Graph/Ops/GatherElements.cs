using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// Output element [.., i, ..] is data (input 0) at [.., indices (input 1) at [.., i, ..], ..] along an axis. Indices as in <see cref="Gather"/>.
/// </summary>
public sealed record GatherElements(int Axis) : PrimitiveOp
{
    public override TensorType InferType(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 2);
        var (x, indices) = (inputs[0], inputs[1]);
        ElementTypes.Integer(this, indices.Element);
        if (indices.Rank != x.Rank || Axis < 0 || Axis >= x.Rank)
            throw new ModelException("LATHE2048", $"data {x} and indices {indices} must have the same rank, above axis {Axis}");
        for (int axis = 0; axis < x.Rank; axis++)
            if (axis != Axis && x.Shape[axis].IsKnown && indices.Shape[axis].IsKnown && indices.Shape[axis].Value > x.Shape[axis].Value)
                throw new ModelException("LATHE2049", $"the indices {indices} reach further than data {x} along axis {axis}");
        GatherIndex.RequireElements(x, Axis, indices);
        return x.WithShape(indices.Shape);
    }

    public override Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index)
    {
        var chosen = GatherIndex.Of(inputs[1][index], inputs[0].Shape[Axis]);
        return inputs[0][index.Select((at, axis) => axis == Axis ? chosen : at)];
    }
}
