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

        private readonly bool _hasFunctions = Functions.AreIn(group, materialized);

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
                Stmt Tiles(long columns)
                {
                    var tile = draft.Variable("tile");
                    var row = Build.FloorDiv(tile, tilesAcross);
                    var column = Build.Min(Build.FloorMod(tile, tilesAcross) * config.Rows, _work.Width - config.Rows);
                    return new For(tile, block * config.Tiles, Build.Min((block + 1) * config.Tiles, tiles), LoopKind.Serial,
                        draft.Let([row, column], at => Tile(image, at[0], at[1], group, panel, columns)));
                }

                return rest == 0 ? Tiles(PanelColumns) : fullPanels == 0 ? Tiles(rest) : new If(panel < fullPanels, Tiles(PanelColumns), Tiles(rest));
            }

            long jobs = _work.Images * blocks * _work.Groups * panels;
            int threads = _work.Macs < SerialMacs ? 1 : machine.Threads;
            return draft.ParallelLoop(jobs, threads, job => Block(
                Build.FloorDiv(job, blocks * _work.Groups * panels),
                Build.FloorMod(Build.FloorDiv(job, _work.Groups * panels), blocks),
                Build.FloorMod(Build.FloorDiv(job, panels), _work.Groups),
                Build.FloorMod(job, panels)));
        }

        /// <summary>
        /// A register tile: zeroed, summed up by whole vectors, stored. Sums are read back by row and piece; where that cannot
        /// be from registers (pieces that are no whole vectors) or is too much code to write out for each row (functions like
        /// tanh), they are put into memory first.
        /// </summary>
        private Stmt Tile(Expr image, Expr row, Expr column, Expr channelGroup, Expr panel, long columns)
        {
            var summed = form.PacksWeights
                ? [.. Enumerable.Range(0, (int)ContractionConfig.DivideUp(columns, _lanes)).Select(v => (Start: (long)v * _lanes, Lanes: _lanes))]
                : VectorPieces.Of(columns, _lanes).ToArray();
            var stored = VectorPieces.Of(columns, _lanes).ToArray();
            var sums = draft.Local(_work.Element, config.Rows, PanelColumns);
            Expr[] Place(Expr r, (long Start, int Lanes) piece) => [r, Build.Lane(piece.Start, piece.Lanes)];
            Stmt ForAll(Func<int, (long Start, int Lanes), Stmt> body) =>
                Stmt.Sequence(Enumerable.Range(0, config.Rows).SelectMany(r => summed.Select(p => body(r, p))));

            Stmt Step(Expr kh, Expr kw, Expr c) =>
                draft.Let(summed.Select(p => _weights(image, channelGroup, panel, form.ReductionIndex(kh, kw, c), p.Start, p.Lanes)), w => Stmt.Sequence(
                    Enumerable.Range(0, config.Rows).Select(r => draft.Let([form.DataAt(_data, image, row, column + r, channelGroup, kh, kw, c)], x => Stmt.Sequence(
                        summed.Select((p, i) => sums.Store(Place(r, p), MultiplyAdd(x[0], w[i], sums[Place(r, p)]))))))));

            var zero = ForAll((r, p) => sums.Store(Place(r, p), Build.Const(0, _work.Element)));
            var reduction = draft.Loop(_work.KernelHeight, kh => draft.Loop(_work.KernelWidth, kw =>
                draft.Loop(_work.Depth / config.Unroll, c => Stmt.Sequence(
                    Enumerable.Range(0, config.Unroll).Select(u => Step(kh, kw, (c * config.Unroll) + u))))));

            Stmt StoreRow(Buffer from, Expr r) => Stmt.Sequence(stored.Select(p => StorePiece(image, row, column + r, channelGroup, panel, p, from[Place(r, p)])));
            if (summed.SequenceEqual(stored) && !_hasFunctions)
                return new Allocate(sums, Stmt.Sequence([zero, reduction, .. Enumerable.Range(0, config.Rows).Select(r => StoreRow(sums, r))]));
            var staged = draft.Local(_work.Element, config.Rows, PanelColumns);
            var stage = ForAll((r, p) => staged.Store(Place(r, p), sums[Place(r, p)]));
            return new Allocate(staged, Stmt.Sequence(
                new Allocate(sums, Stmt.Sequence(zero, reduction, stage)),
                draft.Loop(config.Rows, r => StoreRow(staged, r))));
        }

        /// <summary>The group's elementwise part for a vector of columns of one place.</summary>
        private Stmt StorePiece(Expr image, Expr row, Expr column, Expr channelGroup, Expr panel, (long Start, int Lanes) piece, Expr sum)
        {
            var first = (panel * PanelColumns) + (channelGroup * _work.Columns) + piece.Start;
            var lane = draft.Variable("col");
            var accumulator = new Var("sum", new ExprType(_work.Element));
            var index = form.ResultIndex(image, row, column, lane);
            var value = _inliner.Element(group.Inner, index, group.Anchor!.Output, accumulator).Substitute(new Dictionary<Var, Expr>
            {
                [lane] = Build.Lane(first, piece.Lanes),
                [accumulator] = sum,
            });
            var at = index.SkipLast(1).Append(Build.Lane(first, piece.Lanes));
            return target.Store(group.Halo is { } halo ? at.Select((e, axis) => e + halo.Before[axis]) : at, value);
        }

        private Expr MultiplyAdd(Expr x, Expr w, Expr sum) => _work.Element.IsFloat ? Build.Fma(x, w, sum) : (x * w) + sum;
    }

    /// <summary>Below this many multiply-adds a contraction runs on one thread: waking others takes longer.</summary>
    private const long SerialMacs = 100_000;
}
