using Lathe.Compilation.Scheduling;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>The register tiles of a contraction over an image of that many rows and places in a row.</summary>
/// <param name="once">No place is computed twice.</param>
/// <param name="asksAhead">Tiles ask for the next panel of weights, and for what their store reads and writes, while they are summed up.</param>
internal sealed class ContractionTiles(
    KernelDraft draft, ContractionForm form, ContractionConfig config, Epilogue epilogue, MachineFacts machine, long height, long width, bool once = false, bool asksAhead = false)
{
    private readonly int _lanes = machine.Lanes(form.Work.Element);
    private readonly RowTiles _tiles = new(height * width, config.Rows, once);
    private readonly WeightLoads _weights = form.Weights(draft, (long)config.Vectors * machine.Lanes(form.Work.Element));

    private readonly Buffer? _begin = Beginning(form, epilogue) is { } numbers
        ? draft.Parameter(PackedWeights.PackColumns(numbers, DType.Int32, form.Work, (long)config.Vectors * machine.Lanes(form.Work.Element)))
        : null;

    private readonly Buffer? _factors = form.Factors is { } factors
        ? draft.Parameter(PackedWeights.PackColumns(factors, DType.Float32, form.Work, (long)config.Vectors * machine.Lanes(form.Work.Element)))
        : null;

    private NextPanel? Next
    {
        get => asksAhead ? field ??= new(_weights.Panels, config.Steps, config.Unroll, Math.Min(config.Tiles, Count), machine) : null;
    }

    /// <summary>An output place: its number in the image, its row, and its place in the row.</summary>
    internal readonly record struct Place(Expr Number, Expr Row, Expr Column);

    /// <summary>The columns that a tile computes: so many of a panel of a group's weights.</summary>
    internal readonly record struct Columns(Expr Image, Expr Group, Expr Panel, long Count);

    /// <summary>Tiles of a panel.</summary>
    public long Count => _tiles.Count;

    public long PanelColumns => (long)config.Vectors * _lanes;

    /// <summary>
    /// Tiles <paramref name="begin"/> to <paramref name="end"/> - 1. <paramref name="data"/> is the datum of a place at a row and column of the window and a
    /// channel of the group; <paramref name="result"/> is a place's index in the result, and <paramref name="into"/> that in the memory where that is
    /// not the result's own.
    /// </summary>
    public Stmt Write(
        Expr begin, Expr end, Columns columns, Func<Place, Expr, Expr, Expr, Expr> data, Func<Place, Expr[]> result, Func<Place, Expr[]>? into = null,
        Func<Expr, Stmt>? ahead = null) =>
        config.Steps > 0
            ? InSteps(begin, end, columns, data, result, into)
            : ForTiles(begin, end, (place, rows, number) =>
            {
                var tile = Tile(place, rows, number, columns, data, result, into);
                return ahead is null ? tile : Stmt.Sequence(ahead(number), tile);
            });

    /// <summary>All tiles of all panels of one image, group 0; each begins with <paramref name="ahead"/> of its number.</summary>
    public Stmt WriteAll(
        Expr image, Func<Place, Expr, Expr, Expr, Expr> data, Func<Place, Expr[]> result, Func<Place, Expr[]>? into = null, Func<Expr, Stmt>? ahead = null)
    {
        long full = form.Work.Columns / PanelColumns, rest = form.Work.Columns % PanelColumns;
        Stmt Panel(Expr panel, long count) => Write(0, Count, new(image, 0, panel, count), data, result, into, ahead);
        return Stmt.Sequence([
            .. full == 0 ? Array.Empty<Stmt>() : [draft.Loop(full, panel => Panel(panel, PanelColumns))],
            .. rest == 0 ? Array.Empty<Stmt>() : [Panel(full, rest)],
        ]);
    }

    /// <summary>For each tile, by height: its places, how many, and its number counted from <paramref name="begin"/>.</summary>
    private Stmt ForTiles(Expr begin, Expr end, Func<Func<Expr, Place>, int, Expr, Stmt> body) =>
        Stmt.Sequence(_tiles.Heights().Select(tiles =>
        {
            var tile = draft.Variable("tile");
            var from = tiles.Begin == 0 ? begin : Build.Max(begin, tiles.Begin);
            var to = Build.Min(end, tiles.End);
            return new For(tile, from, to, LoopKind.Serial, draft.Let([_tiles.First(tile, tiles.Rows)], first =>
                WithPlaces(first[0], tiles.Rows, place => body(place, tiles.Rows, tile - begin))));
        }));

    /// <summary>
    /// All tiles take some channels of one place of the window, with their sums in the frame, before any takes the next: what weights
    /// they read stays in the second-level cache until the last tile has read them.
    /// </summary>
    private Stmt InSteps(
        Expr begin, Expr end, Columns columns, Func<Place, Expr, Expr, Expr, Expr> data, Func<Place, Expr[]> result, Func<Place, Expr[]>? into)
    {
        var work = form.Work;
        var stored = VectorPieces.Of(columns.Count, _lanes).ToArray();
        var summed = form.PacksWeights ? RegisterTile.Covering(columns.Count, _lanes) : stored;
        long blocks = work.Depth / config.Steps;
        var waiting = draft.Local(work.Element, Math.Min(config.Tiles, Count) * _tiles.Rows, PanelColumns);
        Expr[] Waiting(Expr number, Expr r, (long Start, int Lanes) piece) => RegisterTile.Place((number * _tiles.Rows) + r, piece);

        Stmt SumUp(Expr kh, Expr kw, Expr block) => ForTiles(begin, end, (place, rows, number) =>
        {
            var tile = new RegisterTile(draft, work.Element, rows, summed, PanelColumns);
            var part = (((kh * work.KernelWidth) + kw) * blocks) + block;
            Stmt Turns(Expr[]? next) => draft.Loop(config.Steps / config.Unroll, turn =>
            {
                var steps = Enumerable.Range(0, config.Unroll).Select(u =>
                {
                    var c = (block * config.Steps) + (turn * config.Unroll) + u;
                    return tile.Step(
                        v => _weights.At(columns.Image, columns.Group, columns.Panel, form.ReductionIndex(kh, kw, c), v.Start, v.Lanes),
                        r => data(place(r), kh, kw, c));
                });
                return next is null ? Stmt.Sequence(steps) : Next!.Beside(next, turn, steps);
            });
            var turns = Next is { } panel ? draft.Let(panel.Piece(columns.Group, columns.Panel, part, number), next => Stmt.Sequence(panel.FetchBefore(next), Turns(next))) : Turns(null);
            return tile.AddTo(waiting, (r, v) => Waiting(number, r, v), turns);
        });

        var zero = ForTiles(begin, end, (_, rows, number) => draft.Loop(rows, r => Stmt.Sequence(
            summed.Select(v => waiting.Store(Waiting(number, r, v), Build.Const(0, work.Element))))));
        Expr firstColumn = (columns.Panel * PanelColumns) + (columns.Group * work.Columns);
        var store = ForTiles(begin, end, (place, rows, number) => draft.Loop(rows, r => Stmt.Sequence(
            stored.Select(piece => epilogue.Store(result(place(r)), firstColumn + piece.Start, piece.Lanes, Scaled(waiting[Waiting(number, r, piece)], columns, piece), into?.Invoke(place(r)))))));
        return new Allocate(waiting, Stmt.Sequence(
            zero,
            draft.Loop(work.KernelHeight, kh => draft.Loop(work.KernelWidth, kw => draft.Loop(blocks, block => SumUp(kh, kw, block)))),
            store));
    }

    /// <summary>
    /// Gives the image row and column of each of a tile's places. They are computed once for a tile: for the first place, where the
    /// others follow it in the same image row, or else for each.
    /// </summary>
    private Stmt WithPlaces(Expr first, int rows, Func<Func<Expr, Place>, Stmt> body)
    {
        Place Of(Expr place) => height == 1 ? new(place, 0, place) : new(place, Build.FloorDiv(place, width), Build.FloorMod(place, width));
        if (!_tiles.Crosses(width))
        {
            var place = Of(first);
            return draft.Let([place.Row, place.Column], at => body(r => new(first + r, at[0], at[1] + r)));
        }
        var all = Enumerable.Range(0, rows).Select(r => Of(first + r)).SelectMany(p => new[] { p.Row, p.Column });
        return draft.Let(all, at => body(r => r is IntConst { Value: var i } ? new(first + r, at[2 * (int)i], at[(2 * (int)i) + 1]) : Of(first + r)));
    }

    /// <summary>
    /// A register tile: zeroed, summed up by whole vectors, stored. Sums are read back by row and piece; where that cannot
    /// be from registers (pieces that are no whole vectors) or is too much code to write out for each row (functions like
    /// tanh), they are put into memory first.
    /// </summary>
    private Stmt Tile(
        Func<Expr, Place> place, int rows, Expr number, Columns columns, Func<Place, Expr, Expr, Expr, Expr> data, Func<Place, Expr[]> result, Func<Place, Expr[]>? into)
    {
        var work = form.Work;
        var stored = VectorPieces.Of(columns.Count, _lanes).ToArray();
        bool beside = config.Vectors == 1 && stored is [{ Lanes: >= Pack.Block }] && form.SumsBesideColumns(PanelColumns);
        var summed = beside ? [(0, _lanes)] : form.PacksWeights ? RegisterTile.Covering(columns.Count, _lanes) : stored;
        (long Start, int Lanes)[] dataSums = work.SumsData && !beside ? [(PanelColumns, _lanes)] : [];
        int ways = beside ? 1 : ContractionConfig.Ways(work, rows, config.Vectors, config.Unroll);
        var tile = new RegisterTile(draft, work.Element, rows * ways, [.. summed, .. dataSums], PanelColumns + (dataSums.Length * _lanes), form.MultiplyAdd);

        long turns = work.Depth / config.Unroll;
        Stmt Reduction(Expr[]? next) => draft.Loop(work.KernelHeight, kh => draft.Loop(work.KernelWidth, kw => draft.Loop(turns, turn =>
        {
            var steps = Enumerable.Range(0, config.Unroll).Select(u =>
            {
                var c = (turn * config.Unroll) + u;
                var k = form.ReductionIndex(kh, kw, c);
                var step = tile.Step(
                    v => v.Start == PanelColumns ? _weights.Ones!(c, v.Lanes * Dot4.Width) : _weights.At(columns.Image, columns.Group, columns.Panel, k, v.Start, v.Lanes),
                    r => data(place(r), kh, kw, c),
                    u % ways * rows,
                    rows);
                return _weights.Ask is { } ask ? Stmt.Sequence(ask(columns.Group, columns.Panel, k), step) : step;
            });
            return next is null ? Stmt.Sequence(steps) : Next!.Beside(next, (((kh * work.KernelWidth) + kw) * turns) + turn, steps);
        })));
        var reduction = Next is { } panel ? draft.Let(panel.Piece(columns.Group, columns.Panel, 0, number), next => Stmt.Sequence(panel.FetchBefore(next), Reduction(next))) : Reduction(null);

        Expr firstColumn = (columns.Panel * PanelColumns) + (columns.Group * work.Columns);
        var prefetch = asksAhead
            ? Stmt.Sequence(Enumerable.Range(0, rows).Select(r => epilogue.Prefetch(result(place(r)), firstColumn, columns.Count)))
            : Stmt.Sequence();
        var begin = _begin is null ? tile.Zero()
            : tile.Begin(v => v.Start == PanelColumns ? Build.Int(0, work.Element) : _begin[columns.Group, columns.Panel, Build.Lane(v.Start, v.Lanes)]);
        Expr Beside(Expr whole, int half, int lanes) => new Shuffle(whole, whole, Enumerable.Range(half * _lanes / 2, lanes).ToEquatableArray());
        Expr Sum(Expr r, (long Start, int Lanes) v) => ways > 1
            ? Scaled(Enumerable.Range(0, ways).Select(way => tile.Sums[RegisterTile.Place(r + (way * rows), v)]).Aggregate((a, b) => a + b), columns, v)
            : beside
            ? Beside(tile.Sums[RegisterTile.Place(r, summed[0])], 0, v.Lanes) + Beside(tile.Sums[RegisterTile.Place(r, summed[0])], 1, v.Lanes)
            : work.SumsData
            ? tile.Sums[RegisterTile.Place(r, v)] + (tile.Sums[RegisterTile.Place(r, (PanelColumns, v.Lanes))] * Build.Int(form.DataFactor, work.Element))
            : Scaled(tile.Sums[RegisterTile.Place(r, v)], columns, v);
        Stmt StoreRow(Func<(long Start, int Lanes), Expr> from, Expr r) => Stmt.Sequence(Packs(stored).Select(pieces => pieces.Length > 1
            ? epilogue.StorePacked(result(place(r)), firstColumn + pieces[0].Start, [.. pieces.Select(from)], into?.Invoke(place(r)))
            : epilogue.Store(result(place(r)), firstColumn + pieces[0].Start, pieces[0].Lanes, from(pieces[0]), into?.Invoke(place(r)))));
        if ((beside || summed.SequenceEqual(stored)) && !epilogue.HasFunctions)
            return new Allocate(tile.Sums, Stmt.Sequence([prefetch, begin, reduction, .. Enumerable.Range(0, rows).Select(r => StoreRow(v => Sum(r, v), r))]));
        var staged = draft.Local(work.Element, rows, PanelColumns);
        var stage = Stmt.Sequence(Enumerable.Range(0, rows).SelectMany(r => (beside ? stored : summed).Select(v => staged.Store(RegisterTile.Place(r, v), Sum(r, v)))));
        return new Allocate(staged, Stmt.Sequence(
            new Allocate(tile.Sums, Stmt.Sequence(prefetch, begin, reduction, stage)),
            draft.Loop(rows, r => StoreRow(v => staged[RegisterTile.Place(r, v)], r))));
    }

    /// <summary>Sums of some columns, multiplied by these columns' factors.</summary>
    private Expr Scaled(Expr sum, Columns columns, (long Start, int Lanes) of) =>
        _factors is null ? sum : sum * _factors[columns.Group, columns.Panel, Build.Lane(of.Start, of.Lanes)];

    /// <summary>Pieces that are stored together: four or two whole vectors where they are packed to bytes, others alone.</summary>
    private IEnumerable<(long Start, int Lanes)[]> Packs((long Start, int Lanes)[] pieces)
    {
        int whole = epilogue.Packs && _lanes >= Pack.Block ? pieces.Count(p => p.Lanes == _lanes) : 0;
        for (int at = 0; at < pieces.Length;)
        {
            int count = whole - at is >= Pack.Vectors ? Pack.Vectors : whole - at >= 2 ? 2 : 1;
            yield return pieces[at..(at + count)];
            at += count;
        }
    }

    /// <summary>What sums begin with for each column of all groups: a bias of integers and the form's correction.</summary>
    private static int[]? Beginning(ContractionForm form, Epilogue epilogue)
    {
        var (bias, correction) = (epilogue.Bias, form.Correction);
        if (bias is null || correction is null)
            return bias ?? correction;
        return [.. bias.Zip(correction, (a, b) => unchecked(a + b))];
    }
}
