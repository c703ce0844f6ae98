using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// Places in an image, moved by matrices [N, A, A + 1] of A spatial axes: the output [N, <paramref name="Extents"/>, A] holds each pixel's
/// matrix times (x, y, 1), or (x, y, z, 1). Coordinates run along the last spatial axis first, from -1 to 1: the centres of the outer
/// pixels with <paramref name="AlignCorners"/>, else their outer edges (Jaderberg et al., 2015).
/// </summary>
public sealed record AffineGrid(EquatableArray<long> Extents, bool AlignCorners) : PrimitiveOp
{
    public override TensorType InferType(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 1);
        var matrices = inputs[0];
        ElementTypes.Float(this, matrices.Element);
        int axes = Extents.Count;
        if (axes is not (2 or 3) || matrices.Rank != 3 || matrices.Shape[1] != axes || matrices.Shape[2] != axes + 1)
            throw new ModelException("LATHE2120", $"{matrices} does not hold matrices that move the places of an image {Extents}");
        return matrices.WithShape([matrices.Shape[0], .. Extents.Select(e => (Dim)e), axes]);
    }

    public override Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index)
    {
        Expr Matrix(int column) => LoopNest.Wide(inputs[0][index[0], index[^1], column]);
        int axes = Extents.Count;
        var sum = Matrix(axes);
        for (int axis = 0; axis < axes; axis++)
            sum += Matrix(axis) * Coordinate(index[axes - axis], Extents[axes - 1 - axis], sum.Element);
        return Build.Cast(output.Element, sum);
    }

    public override long Macs(Node node) => checked(node.Output.Shape.ElementCount * Extents.Count);

    /// <summary>From -1 to 1; a single pixel is in the middle.</summary>
    private Expr Coordinate(Expr at, long extent, DType type)
    {
        var (scale, offset) = !AlignCorners ? (2.0 / extent, (1.0 / extent) - 1) : extent > 1 ? (2.0 / (extent - 1), -1) : (0, 0);
        return (Build.Cast(type, at) * Build.Const(scale, type)) + Build.Const(offset, type);
    }
}
