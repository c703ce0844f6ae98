using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// The first elements along the time axis in reverse order, as many for each batch as the lengths (input 1, integers, one a batch) say; the others stay.
/// </summary>
public sealed record ReverseSequence(int BatchAxis, int TimeAxis) : PrimitiveOp
{
    public override TensorType InferType(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 2);
        var (x, lengths) = (inputs[0], inputs[1]);
        ElementTypes.Integer(this, lengths.Element);
        if (BatchAxis < 0 || BatchAxis >= x.Rank || TimeAxis < 0 || TimeAxis >= x.Rank || BatchAxis == TimeAxis)
            throw new ModelException("LATHE2055", $"{BatchAxis} and {TimeAxis} are not two axes of {x}");
        if (lengths.Rank != 1 || (lengths.Shape[0].IsKnown && x.Shape[BatchAxis].IsKnown && lengths.Shape[0] != x.Shape[BatchAxis]))
            throw new ModelException("LATHE2056", $"the lengths {lengths} must be a vector with an element for each batch of {x}");
        return x;
    }

    public override Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index)
    {
        var x = inputs[0];
        var time = index[TimeAxis];
        var length = Build.Cast(DType.Int64, inputs[1][[index[BatchAxis]]]);
        var mirrored = Build.Clamp(length - 1 - time, x.Shape[TimeAxis]);
        return x[index.Select((at, axis) => axis == TimeAxis ? Build.Select(time < length, mirrored, time) : at)];
    }
}
