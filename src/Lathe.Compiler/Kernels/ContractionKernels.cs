using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// The generator for dense layers, matrix products and direct convolutions. A register tile holds a few output places by a
/// few vectors of columns; the reduction broadcasts data elements against vectors of weights, with the window folded into it.
/// </summary>
internal sealed class ContractionKernels(MachineFacts machine, IReadOnlySet<Value> materialized)
{
    /// <summary>Whether the generator takes this group; the others are left to the generic rules.</summary>
    public static bool Takes(Group group) => group.Anchor is { } anchor && ContractionForm.Of(anchor) is not null;

    public LoweredKernel Lower(Group group)
    {
        var form = ContractionForm.Of(group.Anchor!)!;
        bool flatten = group.Halo is null && form.CanFlatten && FlattenedView.Fits(group, materialized);
        if (flatten)
            form = form.Flattened();
        var draft = new KernelDraft(flatten ? FlattenedView.Of(group.Result) : null);
        var config = ContractionConfig.For(form.Work, machine);
        var target = draft.Output(group.Result);
        var body = new Writer(draft, group, form, config, machine, materialized, target).Write();
        if (group.Halo is { } halo)
            body = Stmt.Sequence(HaloFill.Of(draft, target, halo, group.Inner.Shape.ToArray(), machine), body);
        return draft.Finish(Labels.Of(group, materialized), body);
    }

    private sealed class Writer(
        KernelDraft draft, Group group, ContractionForm form, ContractionConfig config, MachineFacts machine, IReadOnlySet<Value> materialized, Buffer target)
    {
        private readonly Contraction _work = form.Work;
        private readonly int _lanes = machine.Lanes(form.Work.Element);
        private readonly Buffer _data = draft.Input(form.Data);
        private readonly Inliner _inliner = new(draft, materialized);
        private readonly WeightLoad _weights = form.Weights(draft, (long)config.Vectors * machine.Lanes(form.Work.Element));

        private long PanelColumns => (long)config.Vectors * _lanes;

        public Stmt Write()
        {
            long tilesAcross = ContractionConfig.DivideUp(_work.Width, config.Rows);
            long tiles = _work.Height * tilesAcross;
            long blocks = ContractionConfig.DivideUp(tiles, config.Tiles);
            long fullPanels = _work.Columns / PanelColumns;
            long rest = _work.Columns % PanelColumns;
            long panels = fullPanels + (rest > 0 ? 1 : 0);

            Stmt Block(Expr image, Expr block, Expr group, Expr panel)
            {
                Stmt Tiles((long Start, int Lanes)[] pieces)
                {
                    var tile = draft.Variable("tile");
                    var row = Build.FloorDiv(tile, tilesAcross);
                    var column = Build.Min(Build.FloorMod(tile, tilesAcross) * config.Rows, _work.Width - config.Rows);
                    return new For(tile, block * config.Tiles, Build.Min((block + 1) * config.Tiles, tiles), LoopKind.Serial,
                        draft.Let([row, column], at => Tile(image, at[0], at[1], group, panel, pieces)));
                }

                var whole = VectorPieces.Of(PanelColumns, _lanes).ToArray();
                var last = VectorPieces.Of(rest, _lanes).ToArray();
                return rest == 0 ? Tiles(whole) : fullPanels == 0 ? Tiles(last) : new If(panel < fullPanels, Tiles(whole), Tiles(last));
            }

            long jobs = _work.Images * blocks * _work.Groups * panels;
            int threads = _work.Macs < SerialMacs ? 1 : machine.Threads;
            return draft.ParallelLoop(jobs, threads, job => Block(
                Build.FloorDiv(job, blocks * _work.Groups * panels),
                Build.FloorMod(Build.FloorDiv(job, _work.Groups * panels), blocks),
                Build.FloorMod(Build.FloorDiv(job, panels), _work.Groups),
                Build.FloorMod(job, panels)));
        }

        private Stmt Tile(Expr image, Expr row, Expr column, Expr channelGroup, Expr panel, (long Start, int Lanes)[] pieces)
        {
            var sums = draft.Local(_work.Element, config.Rows, PanelColumns);
            var zero = Build.Const(0, _work.Element);
            Expr[] Place(int r, (long Start, int Lanes) piece) => [r, Build.Lane(piece.Start, piece.Lanes)];
            IEnumerable<(int Row, (long Start, int Lanes) Piece)> All() => Enumerable.Range(0, config.Rows).SelectMany(r => pieces.Select(p => (r, p)));

            Stmt Step(Expr kh, Expr kw, Expr c) =>
                draft.Let(pieces.Select(p => _weights(image, channelGroup, panel, form.ReductionIndex(kh, kw, c), p.Start, p.Lanes)), w => Stmt.Sequence(
                    Enumerable.Range(0, config.Rows).Select(r => draft.Let([form.DataAt(_data, image, row, column + r, channelGroup, kh, kw, c)], x => Stmt.Sequence(
                        pieces.Select((p, i) => sums.Store(Place(r, p), MultiplyAdd(x[0], w[i], sums[Place(r, p)]))))))));

            var reduction = draft.Loop(_work.KernelHeight, kh => draft.Loop(_work.KernelWidth, kw =>
                draft.Loop(_work.Depth / config.Unroll, c => Stmt.Sequence(
                    Enumerable.Range(0, config.Unroll).Select(u => Step(kh, kw, (c * config.Unroll) + u))))));

            var anchor = group.Anchor!.Output;
            var epilogue = All().Select(t =>
            {
                var first = (panel * PanelColumns) + (channelGroup * _work.Columns) + t.Piece.Start;
                var scalar = form.ResultIndex(image, row, column + t.Row, draft.Variable("col"));
                var lane = (Var)scalar[^1];
                var sum = new Var($"sum{t.Row}", new ExprType(_work.Element));
                var value = _inliner.Element(group.Inner, scalar, anchor, sum).Substitute(new Dictionary<Var, Expr>
                {
                    [lane] = Build.Lane(first, t.Piece.Lanes),
                    [sum] = sums[Place(t.Row, t.Piece)],
                });
                var at = scalar.SkipLast(1).Append(Build.Lane(first, t.Piece.Lanes));
                return target.Store(group.Halo is { } halo ? at.Select((e, axis) => e + halo.Before[axis]) : at, value);
            });

            return new Allocate(sums, Stmt.Sequence([.. All().Select(t => sums.Store(Place(t.Row, t.Piece), zero)), reduction, .. epilogue]));
        }

        private Expr MultiplyAdd(Expr x, Expr w, Expr sum) => _work.Element.IsFloat ? Build.Fma(x, w, sum) : (x * w) + sum;
    }

    /// <summary>Below this many multiply-adds a contraction runs on one thread: waking others takes longer.</summary>
    private const long SerialMacs = 100_000;
}
