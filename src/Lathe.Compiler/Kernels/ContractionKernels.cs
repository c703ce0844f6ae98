using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Loops;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// The generator for dense layers, matrix products and direct convolutions. A register tile holds a few output places by a
/// few vectors of columns; the reduction broadcasts data elements against vectors of weights, with the window folded into it.
/// </summary>
internal sealed class ContractionKernels(MachineFacts machine, IReadOnlySet<Value> materialized) : KernelGenerator(machine, materialized)
{
    /// <summary>Below this many multiply-adds a contraction runs on one thread: waking others takes longer.</summary>
    private const long SerialMacs = 100_000;

    public override string Name => "direct";

    public override bool Takes(Group group) => group.Anchor is { } anchor && ContractionForm.Of(anchor) is not null;

    public override Schedule Default(Group group) => ContractionConfig.For(FormOf(group).Form.Work, Machine).ToSchedule(Name);

    public override IEnumerable<Schedule> Space(Group group) =>
        ContractionConfig.Space(FormOf(group).Form.Work, Machine).Select(c => c.ToSchedule(Name));

    public override LoweredKernel Lower(Group group, Schedule schedule)
    {
        var (form, flat) = FormOf(group);
        var draft = new KernelDraft(flat ? FlattenedView.Of(group.Result) : null);
        var epilogue = new Epilogue(draft, group, Materialized, Machine);
        return epilogue.Finish(new Writer(draft, form, ContractionConfig.Of(schedule), epilogue, Machine).Write());
    }

    private (ContractionForm Form, bool Flat) FormOf(Group group)
    {
        var form = ContractionForm.Of(group.Anchor!)!;
        bool flat = group.Halo is null && form.CanFlatten && FlattenedView.Fits(group, Materialized);
        return (flat ? form.Flattened() : form, flat);
    }

    private sealed class Writer
    {
        private readonly KernelDraft _draft;
        private readonly ContractionForm _form;
        private readonly ContractionConfig _config;
        private readonly Epilogue _epilogue;
        private readonly MachineFacts _machine;
        private readonly Contraction _work;
        private readonly int _lanes;
        private readonly RowTiles _tiles;
        private readonly Buffer _data;
        private readonly WeightLoads _weights;
        private readonly NextPanel _next;

        public Writer(KernelDraft draft, ContractionForm form, ContractionConfig config, Epilogue epilogue, MachineFacts machine)
        {
            (_draft, _form, _config, _epilogue, _machine) = (draft, form, config, epilogue, machine);
            _work = form.Work;
            _lanes = machine.Lanes(_work.Element);
            _tiles = new(_work.Places, config.Rows);
            _data = draft.Input(form.Data);
            _weights = form.Weights(draft, PanelColumns);
            _next = new(_weights.Panels, config.Unroll, Math.Min(config.Tiles, _tiles.Count), machine);
        }

        private long PanelColumns => (long)_config.Vectors * _lanes;

        public Stmt Write()
        {
            long blocks = ContractionConfig.DivideUp(_tiles.Count, _config.Tiles);
            long fullPanels = _work.Columns / PanelColumns;
            long rest = _work.Columns % PanelColumns;
            long panels = fullPanels + (rest > 0 ? 1 : 0);

            Stmt Block(Expr image, Expr block, Expr group, Expr panel)
            {
                Stmt Tiles(long columns) => Stmt.Sequence(_tiles.Heights().Select(height =>
                {
                    var (rows, begin, end) = height;
                    var tile = _draft.Variable("tile");
                    var from = begin == 0 ? block * _config.Tiles : Build.Max(block * _config.Tiles, begin);
                    var to = Build.Min((block + 1) * _config.Tiles, end);
                    return new For(tile, from, to, LoopKind.Serial, _draft.Let([_tiles.First(tile, rows)], first =>
                        WithPlaces(first[0], rows, place => Tile(image, place, rows, group, panel, columns, tile - (block * _config.Tiles)))));
                }));

                return rest == 0 ? Tiles(PanelColumns) : fullPanels == 0 ? Tiles(rest) : new If(panel < fullPanels, Tiles(PanelColumns), Tiles(rest));
            }

            long jobs = _work.Images * blocks * _work.Groups * panels;
            int threads = _work.Macs < SerialMacs ? 1 : _machine.Threads;
            return _draft.ParallelLoop(jobs, threads, job => Block(
                Build.FloorDiv(job, blocks * _work.Groups * panels),
                Build.FloorMod(Build.FloorDiv(job, _work.Groups * panels), blocks),
                Build.FloorMod(Build.FloorDiv(job, panels), _work.Groups),
                Build.FloorMod(job, panels)));
        }

        /// <summary>
        /// Gives the image row and column of each of a tile's places. They are computed once for a tile: for the first place, where the
        /// others follow it in the same image row, or else for each.
        /// </summary>
        private Stmt WithPlaces(Expr first, int rows, Func<Func<Expr, (Expr Row, Expr Column)>, Stmt> body)
        {
            (Expr Row, Expr Column) Of(Expr place) => _work.Height == 1 ? (0, place) : (Build.FloorDiv(place, _work.Width), Build.FloorMod(place, _work.Width));
            if (!_tiles.Crosses(_work.Width))
            {
                var (row, column) = Of(first);
                return _draft.Let([row, column], at => body(r => (at[0], at[1] + r)));
            }
            var all = Enumerable.Range(0, rows).Select(r => Of(first + r)).SelectMany(p => new[] { p.Row, p.Column });
            return _draft.Let(all, at => body(r => r is IntConst { Value: var i } ? (at[2 * (int)i], at[(2 * (int)i) + 1]) : Of(first + r)));
        }

        /// <summary>
        /// A register tile: zeroed, summed up by whole vectors, stored. Sums are read back by row and piece; where that cannot
        /// be from registers (pieces that are no whole vectors) or is too much code to write out for each row (functions like
        /// tanh), they are put into memory first.
        /// </summary>
        private Stmt Tile(Expr image, Func<Expr, (Expr Row, Expr Column)> place, int rows, Expr channelGroup, Expr panel, long columns, Expr tileOfBlock)
        {
            var stored = VectorPieces.Of(columns, _lanes).ToArray();
            var summed = _form.PacksWeights ? RegisterTile.Covering(columns, _lanes) : stored;
            var tile = new RegisterTile(_draft, _work.Element, rows, summed, PanelColumns);

            Stmt Reduction(Expr next) => _draft.Loop(_work.KernelHeight, kh => _draft.Loop(_work.KernelWidth, kw =>
                _draft.Loop(_work.Depth / _config.Unroll, turn =>
                {
                    var steps = Enumerable.Range(0, _config.Unroll).Select(u =>
                    {
                        var c = (turn * _config.Unroll) + u;
                        return tile.Step(
                            v => _weights.At(image, channelGroup, panel, _form.ReductionIndex(kh, kw, c), v.Start, v.Lanes),
                            r => _form.DataAt(_data, image, place(r).Row, place(r).Column, channelGroup, kh, kw, c));
                    });
                    return Stmt.Sequence([_next.Fetch(next, (((kh * _work.KernelWidth) + kw) * (_work.Depth / _config.Unroll)) + turn), .. steps]);
                })));
            var reduction = _draft.Let([_next.Start(channelGroup, panel, tileOfBlock)], next => Reduction(next[0]));

            Expr firstColumn = (panel * PanelColumns) + (channelGroup * _work.Columns);
            var prefetch = Stmt.Sequence(Enumerable.Range(0, rows).Select(r =>
                _epilogue.Prefetch(_form.ResultPlace(image, place(r).Row, place(r).Column), firstColumn, columns)));
            Stmt StoreRow(Buffer from, Expr r) => Stmt.Sequence(stored.Select(piece => _epilogue.Store(
                _form.ResultPlace(image, place(r).Row, place(r).Column),
                firstColumn + piece.Start,
                piece.Lanes,
                from[RegisterTile.Place(r, piece)])));
            if (summed.SequenceEqual(stored) && !_epilogue.HasFunctions)
                return new Allocate(tile.Sums, Stmt.Sequence([prefetch, tile.Zero(), reduction, .. Enumerable.Range(0, rows).Select(r => StoreRow(tile.Sums, r))]));
            var staged = _draft.Local(_work.Element, rows, PanelColumns);
            var stage = tile.ForAll((r, v) => staged.Store(RegisterTile.Place(r, v), tile.Sums[RegisterTile.Place(r, v)]));
            return new Allocate(staged, Stmt.Sequence(
                new Allocate(tile.Sums, Stmt.Sequence(prefetch, tile.Zero(), reduction, stage)),
                _draft.Loop(rows, r => StoreRow(staged, r))));
        }
    }
}
