using Lathe.Compilation.Scheduling;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// Writes the matrix products of Winograd's method with weights that memory holds transformed along columns only (<see cref="WinogradWeights.PackDown"/>):
/// three numbers where a tile n wide has n + 2. For one row of products after another, some input channels at a time are transformed along the row
/// into the function's frame and multiplied from there, by all tiles.
/// </summary>
/// <param name="data">The element of the transformed data of a product, a tile and an input channel.</param>
internal sealed class WinogradRows(
    KernelDraft draft, WinogradWork work, WinogradConfig config, MachineFacts machine, Buffer weights, Func<Expr, Expr, Expr, Expr> data)
{
    private readonly int _lanes = machine.Lanes(DType.Float32);

    private long PanelColumns => (long)config.Products.Vectors * _lanes;

    private int Width => work.Horizontal.Size;

    /// <param name="products">[products, places of all tiles by the panel's columns].</param>
    public Stmt Multiply(Buffer products, Expr panel, long columns)
    {
        var vectors = RegisterTile.WholeVectors(columns, _lanes);
        var near = draft.Local(DType.Float32, Width, WinogradWork.Spread(config.Across * PanelColumns, machine));
        return new Allocate(near, draft.Loop(work.Vertical.Size, row => Stmt.Sequence(
            draft.Loop(Width, j => draft.Loop(work.Tiles, tile => Stmt.Sequence(vectors.Select(v =>
                products.Store(Sum(row, j, tile, v), Build.Const(0, DType.Float32)))))),
            draft.Loop(work.Inputs / config.Across, part => Stmt.Sequence(
                draft.Loop(config.Across, c => Stmt.Sequence(vectors.Select(v => Transform(near, panel, row, part, c, v)))),
                AddUp(products, near, panel, row, part, vectors))))));
    }

    private Expr[] Sum(Expr row, Expr j, Expr tile, (long Start, int Lanes) vector) => [(row * Width) + j, Build.Lane((tile * PanelColumns) + vector.Start, vector.Lanes)];

    private Expr[] Near(Expr j, Expr c, (long Start, int Lanes) vector) => [j, Build.Lane((c * PanelColumns) + vector.Start, vector.Lanes)];

    private Stmt Transform(Buffer near, Expr panel, Expr row, Expr part, Expr c, (long Start, int Lanes) vector) => LinearMap.Write(
        draft, work.Horizontal.Weights,
        Enumerable.Range(0, work.Horizontal.Taps).Select(tap =>
            weights[panel, row, (part * config.Across) + c, Build.Lane((tap * PanelColumns) + vector.Start, vector.Lanes)]),
        values => Stmt.Sequence(values.Select((value, j) => near.Store(Near(j, c, vector), value))));

    private Stmt AddUp(Buffer products, Buffer near, Expr panel, Expr row, Expr part, (long Start, int Lanes)[] vectors)
    {
        var (rows, unroll) = (config.Products.Rows, config.Products.Unroll);
        long steps = work.Tiles / rows;
        var next = new NextPanel(weights, config.Across, unroll, Width * steps, machine, besideOnly: true);
        return draft.Loop(Width, j => draft.Loop(steps, step => draft.Let(next.Piece(panel, row, part, (j * steps) + step), piece =>
        {
            var tile = new RegisterTile(draft, DType.Float32, rows, vectors, PanelColumns);
            var turns = draft.Loop(config.Across / unroll, turn => next.Beside(piece, turn, Enumerable.Range(0, unroll).Select(u =>
            {
                var c = (turn * unroll) + u;
                return tile.Step(v => near[Near(j, c, v)], r => data((row * Width) + j, (step * rows) + r, (part * config.Across) + c));
            })));
            return Stmt.Sequence(next.FetchBefore(piece), tile.AddTo(products, (r, v) => Sum(row, j, (step * rows) + r, v), turns));
        })));
    }
}
