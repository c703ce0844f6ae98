using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Graphs.Ops;

/// <summary>
/// A channels-first image [N, C, H, W] (input 0) sampled at places [N, H', W', 2] (input 1) of x and y, from -1 to 1: the centres of the outer elements with
/// <paramref name="AlignCorners"/>, else their outer edges (Jaderberg et al., 2015). Cubic weights are Keys' with a = -0.75.
/// </summary>
public sealed record GridSample(ResizeMode Mode, GridPadding Padding, bool AlignCorners) : PrimitiveOp
{
    private const double A = -0.75;

    public override TensorType InferType(IReadOnlyList<TensorType> inputs)
    {
        ElementTypes.Count(this, inputs, 2);
        var (x, grid) = (inputs[0], inputs[1]);
        ElementTypes.Float(this, x.Element);
        ElementTypes.Float(this, grid.Element);
        if (x.Rank != 4 || grid.Rank != 4 || grid.Shape[3].Value != 2)
            throw new ModelException("LATHE2072", $"the image {x} must have rank 4, and the grid {grid} a shape [N, H, W, 2]");
        if (x.Shape[0].IsKnown && grid.Shape[0].IsKnown && x.Shape[0] != grid.Shape[0])
            throw new ModelException("LATHE2059", $"the image {x} and the grid {grid} differ along axis 0");
        for (int axis = 2; axis < 4; axis++)
            GatherIndex.RequireElements(x, axis, grid);
        return x.WithShape([x.Shape[0], x.Shape[1], grid.Shape[1], grid.Shape[2]]);
    }

    public override Expr Define(IReadOnlyList<Buffer> inputs, TensorType output, IReadOnlyList<Expr> index)
    {
        var (x, grid) = (inputs[0], inputs[1]);
        var type = LoopNest.Wide(x.Element);
        Expr Place(int axis, int coordinate) =>
            InImage(Build.Cast(type, LoopNest.Wide(grid[[index[0], index[2], index[3], coordinate]])), x.Shape[axis]);
        Expr Element(Expr row, Expr column)
        {
            var (i, rowIn) = Pixel(row, x.Shape[2]);
            var (j, columnIn) = Pixel(column, x.Shape[3]);
            return Build.Select(rowIn & columnIn, LoopNest.Wide(x[[index[0], index[1], i, j]]), Build.Const(0, type));
        }

        var (down, right) = (Place(2, 1), Place(3, 0));
        if (Mode == ResizeMode.Nearest)
            return Build.Cast(x.Element, Element(Build.Unary(UnaryOp.RoundEven, down), Build.Unary(UnaryOp.RoundEven, right)));
        var (rows, columns) = (Taps(down), Taps(right));
        Expr sum = Build.Const(0, type);
        foreach (var (row, rowWeight) in rows)
            foreach (var (column, columnWeight) in columns)
                sum += Element(row, column) * (rowWeight * columnWeight);
        return Build.Cast(x.Element, sum);
    }

    public override long Flops(Node node) =>
        checked(node.Output.Shape.ElementCount * Mode switch { ResizeMode.Nearest => 1, ResizeMode.Linear => 8, _ => 32 });

    /// <summary>A place from -1 to 1 in elements of an axis; outside ones are moved in unless they are zeros or single elements will be.</summary>
    private Expr InImage(Expr place, long extent)
    {
        Expr Const(double value) => Build.Const(value, place.Element);
        var at = AlignCorners
            ? (place + Const(1)) * Const((extent - 1) / 2.0)
            : (((place + Const(1)) * Const(extent)) - Const(1)) * Const(0.5);
        return Mode == ResizeMode.Cubic || Padding == GridPadding.Zeros ? at : Inside(at, extent);
    }

    private Expr Inside(Expr at, long extent)
    {
        Expr Const(double value) => Build.Const(value, at.Element);
        if (Padding == GridPadding.Reflection)
        {
            double least = AlignCorners ? 0 : -0.5;
            double span = AlignCorners ? extent - 1 : extent;
            if (span == 0)
                return Const(0);
            var within = Build.Binary(BinaryOp.Rem, Build.Unary(UnaryOp.Abs, at - Const(least)), Const(2 * span));
            at = Build.Min(within, Const(2 * span) - within) + Const(least);
        }
        return Build.Max(Build.Min(at, Const(extent - 1)), Const(0));
    }

    /// <summary>The index of a whole place, and whether it is in the image or moved there.</summary>
    private (Expr Index, Expr IsInside) Pixel(Expr place, long extent)
    {
        if (Mode == ResizeMode.Cubic && Padding != GridPadding.Zeros)
            place = Inside(place, extent);
        var index = Build.Cast(DType.Int64, place);
        var isInside = Padding == GridPadding.Zeros ? (index >= 0) & (index < extent) : Build.Bool(true);
        return (Build.Clamp(index, extent), isInside);
    }

    private IEnumerable<(Expr Place, Expr Weight)> Taps(Expr at)
    {
        Expr Const(double value) => Build.Const(value, at.Element);
        var floor = Build.Unary(UnaryOp.Floor, at);
        var t = at - floor;
        if (Mode == ResizeMode.Linear)
            return [(floor, Const(1) - t), (floor + Const(1), t)];
        Expr Near(Expr d) => (((((d * Const(A + 2)) - Const(A + 3)) * d) * d) + Const(1));
        Expr Far(Expr d) => ((((d * Const(A)) - Const(5 * A)) * d) + Const(8 * A)) * d - Const(4 * A);
        return
        [
            (floor - Const(1), Far(t + Const(1))), (floor, Near(t)), (floor + Const(1), Near(Const(1) - t)), (floor + Const(2), Far(Const(2) - t)),
        ];
    }
}
