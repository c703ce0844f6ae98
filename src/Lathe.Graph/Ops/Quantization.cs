using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>How quantization ops find the scale and the zero point of an element.</summary>
internal static class Quantization
{
    /// <summary>
    /// The parameter of the element at an index: the only one, one for each place along the axis, or, in blocks, one for each block along the axis at
    /// each place of the other axes.
    /// </summary>
    public static Expr At(Buffer parameter, IReadOnlyList<Expr> index, int axis, long block)
    {
        if (block > 0)
            return parameter[index.Select((at, i) => i == axis ? Build.FloorDiv(at, block) : at)];
        if (parameter.ElementCount == 1)
            return parameter[parameter.Shape.Select(_ => (Expr)0)];
        return parameter[[index[axis]]];
    }

    /// <summary>Throws unless every parameter suits x as <see cref="At"/> reads it, and all have one shape.</summary>
    public static void Check(TensorType x, IReadOnlyList<TensorType> parameters, int axis, long block)
    {
        foreach (var parameter in parameters)
        {
            bool isOne = parameter.Rank <= 1 && parameter.Shape.All(d => d is { IsKnown: true, Value: 1 });
            bool isAlong = parameter.Rank == 1 && axis >= 0 && axis < x.Rank && (!x.Shape[axis].IsKnown || parameter.Shape[0] == x.Shape[axis]);
            if (block > 0 ? !InBlocks(x, parameter, axis, block) : !isOne && !isAlong)
                throw new ModelException("LATHE2080", $"the scale or zero point {parameter} does not suit {x} along axis {axis}");
        }
    }

    private static bool InBlocks(TensorType x, TensorType parameter, int axis, long block) =>
        axis >= 0 && axis < x.Rank && parameter.Rank == x.Rank
        && Enumerable.Range(0, x.Rank).All(i => parameter.Shape[i] == (i == axis ? (x.Shape[i].Value + block - 1) / block : x.Shape[i]));
}
