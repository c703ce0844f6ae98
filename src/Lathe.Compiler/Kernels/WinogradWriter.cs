using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// Writes the loops of a convolution by Winograd's method: data tiles are transformed for a block of tiles, each product of two points is a
/// matrix product over channels, and a panel of columns is transformed back while it is in the cache. Tiles of all images are counted
/// through. Tiles at the right and lower edges are moved inwards, so that none reaches over the image. The outputs that they then have in common with their
/// neighbours come out rounded otherwise: where two threads might store them one after the other, the tile that was moved does not store them.
/// </summary>
internal sealed class WinogradWriter
{
    /// <summary>
    /// The most lines of weights that a turn asks for, more than elsewhere: with few tiles, weights are used about as fast as memory gives them. The
    /// processor asks ahead by itself only up to the end of a page of memory, and a product's weights are a few pages.
    /// </summary>
    private const long MostLines = 24;

    private readonly KernelDraft _draft;
    private readonly Epilogue _epilogue;
    private readonly MachineFacts _machine;
    private readonly WinogradWork _work;
    private readonly WinogradConfig _config;
    private readonly int _lanes;
    private readonly long _slots;
    private readonly Buffer _data;
    private readonly Buffer _weights;
    private readonly Buffer _transformed;
    private readonly long _tileStride;

    public WinogradWriter(KernelDraft draft, Node conv, WinogradConfig config, Epilogue epilogue, MachineFacts machine)
    {
        (_draft, _epilogue, _machine, _config) = (draft, epilogue, machine, config);
        _lanes = machine.Lanes(DType.Float32);
        _work = new(conv, config.TileHeight, config.TileWidth);
        _slots = config.BlocksApart ? KernelDraft.Tasks(Blocks, machine.Threads) : 1;
        _data = draft.Input(conv.Inputs[0]);
        var weights = conv.Inputs[1].Constant!;
        _weights = draft.Parameter(config.Across > 0
            ? WinogradWeights.PackDown(weights, _work, PanelColumns)
            : WinogradWeights.Pack(weights, _work, PanelColumns));
        _tileStride = Spread(_work.Inputs);
        _transformed = draft.Scratch(DType.Float32, _slots, _work.Products, Spread(config.BlockTiles * _tileStride));
    }

    private long Blocks => ContractionConfig.DivideUp(_work.Tiles, _config.BlockTiles);

    private long Jobs => ContractionConfig.DivideUp(_config.BlockTiles, _config.JobTiles);

    private long Panels => ContractionConfig.DivideUp(_work.Columns, PanelColumns);

    private long PanelColumns => (long)_config.Products.Vectors * _lanes;

    /// <summary>Whether outputs that two tiles have in common are stored by one thread, so that it is the same tile that stores last in each run.</summary>
    private bool IsOrdered => _machine.Threads == 1 || (_config.BlocksApart ? Blocks : Jobs) == 1;

    /// <summary>Rows of outputs that tiles at the lower edge do not store, as those above them do.</summary>
    private long RowsLeft => IsOrdered ? 0 : (_work.TilesDown * _work.Vertical.Outputs) - _work.Height;

    /// <summary>Columns of outputs that tiles at the right edge do not store, as those before them do.</summary>
    private long ColumnsLeft => IsOrdered ? 0 : (_work.TilesAcross * _work.Horizontal.Outputs) - _work.Width;

    public Stmt Write()
    {
        Stmt Block(Expr block, Func<Expr, Stmt> body) =>
            _draft.Let([Build.Min(block * _config.BlockTiles, _work.Tiles - _config.BlockTiles)], first => body(first[0]));
        Stmt JobAt(Expr first, Expr slot, Expr panel, Expr job) =>
            _draft.Let([panel, Build.Min(job * _config.JobTiles, _config.BlockTiles - _config.JobTiles)], at => Job(first, slot, at[0], at[1]));

        if (_config.BlocksApart)
        {
            return _draft.ParallelLoop(Blocks, _machine.Threads, (slot, block) => Block(block, first => Stmt.Sequence(
                _draft.Loop(_config.BlockTiles, tile => TransformData(first, slot, tile)),
                _draft.Loop(Panels, panel => _draft.Loop(Jobs, job => JobAt(first, slot, panel, job))))));
        }
        return _draft.Loop(Blocks, block => Block(block, first => Stmt.Sequence(
            _draft.ParallelLoop(_config.BlockTiles, _machine.Threads, tile => TransformData(first, 0, tile)),
            _draft.ParallelLoop(Panels * Jobs, _machine.Threads, job => JobAt(first, 0, Build.FloorDiv(job, Jobs), Build.FloorMod(job, Jobs))))));
    }

    private long Spread(long elements) => WinogradWork.Spread(elements, _machine);

    /// <summary>A tile's image, and where its outputs begin there.</summary>
    private Expr[] Corner(Expr tile)
    {
        var inImage = _work.Images == 1 ? tile : Build.FloorMod(tile, _work.TilesInImage);
        return
        [
            _work.Images == 1 ? 0 : Build.FloorDiv(tile, _work.TilesInImage),
            Build.Min(Build.FloorDiv(inImage, _work.TilesAcross) * _work.Vertical.Outputs, _work.Height - _work.Vertical.Outputs),
            Build.Min(Build.FloorMod(inImage, _work.TilesAcross) * _work.Horizontal.Outputs, _work.Width - _work.Horizontal.Outputs),
        ];
    }

    private Stmt TransformData(Expr firstTile, Expr slot, Expr tile) => _draft.Let(Corner(firstTile + tile), corner =>
    {
        Stmt Channels(Expr channel, int lanes)
        {
            var half = _draft.Local(DType.Float32, _work.Products, lanes);
            Expr[] Half(int i, int j) => [(i * _work.Horizontal.Size) + j, Build.Lane(0, lanes)];
            var down = Enumerable.Range(0, _work.Horizontal.Size).Select(j => LinearMap.Write(
                _draft, _work.Vertical.Data,
                Enumerable.Range(0, _work.Vertical.Size).Select(i => _data[corner[0], (corner[1] * _work.Vertical.Stride) + i, (corner[2] * _work.Horizontal.Stride) + j, Build.Lane(channel, lanes)]),
                values => Stmt.Sequence(values.Select((value, i) => half.Store(Half(i, j), value)))));
            var across = Enumerable.Range(0, _work.Vertical.Size).Select(i => LinearMap.Write(
                _draft, _work.Horizontal.Data,
                Enumerable.Range(0, _work.Horizontal.Size).Select(j => half[Half(i, j)]),
                values => Stmt.Sequence(values.Select((value, j) =>
                    _transformed.Store([slot, _work.ProductAt(i, j), Build.Lane((tile * _tileStride) + channel, lanes)], value)))));
            return new Allocate(half, Stmt.Sequence([.. down, .. across]));
        }

        return VectorPieces.Loop(_draft, _work.Inputs, _lanes, Channels);
    });

    /// <summary>The products of some tiles and a panel of columns, then their way back.</summary>
    private Stmt Job(Expr firstTile, Expr slot, Expr panel, Expr jobTile)
    {
        var products = _draft.Local(DType.Float32, _work.Products, Spread(_config.JobTiles * PanelColumns));
        Stmt Panel(long columns) => Stmt.Sequence(
            _config.Across > 0
                ? new WinogradRows(_draft, _work, _config, _machine, _weights, (product, tile, channel) => _transformed[slot, product, (tile * _tileStride) + channel])
                    .Multiply(products, panel, columns)
                : Multiply(products, slot, panel, jobTile, columns),
            Back(products, firstTile, panel, jobTile, columns));
        long rest = _work.Columns % PanelColumns;
        return new Allocate(products,
            rest == 0 ? Panel(PanelColumns)
            : Panels == 1 ? Panel(rest)
            : new If(panel < Panels - 1, Panel(PanelColumns), Panel(rest)));
    }

    private Stmt Multiply(Buffer products, Expr slot, Expr panel, Expr jobTile, long columns)
    {
        var vectors = RegisterTile.WholeVectors(columns, _lanes);
        var (rows, unroll) = (_config.Products.Rows, _config.Products.Unroll);
        long tiles = ContractionConfig.DivideUp(_config.JobTiles, rows);
        long channels = _config.Steps > 0 ? _config.Steps : _work.Inputs;
        var next = new NextPanel(_weights, channels, unroll, tiles, _machine, MostLines);
        Expr[] Place(Expr product, Expr row, (long Start, int Lanes) v) => [product, Build.Lane((row * PanelColumns) + v.Start, v.Lanes)];

        Stmt Tile(Expr product, Expr weights, Expr part, Expr number) =>
            _draft.Let([Build.Min(number * rows, _config.JobTiles - rows), .. next.Piece(panel, weights, part, number)], row =>
            {
                var tile = new RegisterTile(_draft, DType.Float32, rows, vectors, PanelColumns);
                var turns = _draft.Loop(channels / unroll, turn => next.Beside(row[1..], turn, Enumerable.Range(0, unroll).Select(u =>
                {
                    var c = (part * channels) + (turn * unroll) + u;
                    return tile.Step(
                        v => _weights[panel, weights, c, Build.Lane(v.Start, v.Lanes)],
                        r => _transformed[slot, product, ((jobTile + row[0] + r) * _tileStride) + c]);
                })));
                var before = next.FetchBefore(row[1..]);
                if (_config.Steps > 0)
                    return Stmt.Sequence(before, tile.AddTo(products, (r, v) => Place(product, row[0] + r, v), turns));
                var keep = tile.ForAll((r, v) => products.Store(Place(product, row[0] + r, v), tile.Sums[RegisterTile.Place(r, v)]));
                return new Allocate(tile.Sums, Stmt.Sequence(before, tile.Zero(), turns, keep));
            });
        Stmt Product(Expr product, Expr weights) => _config.Steps == 0
            ? _draft.Loop(tiles, number => Tile(product, weights, 0, number))
            : Stmt.Sequence(
                _draft.Loop(_config.JobTiles, row => Stmt.Sequence(vectors.Select(v => products.Store(Place(product, row, v), Build.Const(0, DType.Float32))))),
                _draft.Loop(_work.Inputs / channels, part => _draft.Loop(tiles, number => Tile(product, weights, part, number))));
        return _draft.Loop(_work.Products, product => _work.Weights == _work.Products
            ? Product(product, product)
            : _draft.Let([_work.WeightOf(product)], weights => Product(product, weights[0])));
    }

    private Stmt Back(Buffer products, Expr firstTile, Expr panel, Expr jobTile, long columns)
    {
        long full = columns / _lanes;
        return _draft.Loop(_config.JobTiles, tile => _draft.Let(Corner(firstTile + jobTile + tile), corner => Stmt.Sequence(
            full == 0 ? Stmt.Sequence() : _draft.Loop(full, v => TransformBack(products, corner, tile, panel, v * _lanes, _lanes)),
            columns % _lanes == 0 ? Stmt.Sequence() : TransformBack(products, corner, tile, panel, full * _lanes, columns % _lanes))));
    }

    private Stmt TransformBack(Buffer products, Expr[] corner, Expr tile, Expr panel, Expr column, long columns)
    {
        var (height, width) = (_work.Vertical.Outputs, _work.Horizontal.Outputs);
        var half = _draft.Local(DType.Float32, height * _work.Horizontal.Size, _lanes);
        var done = _draft.Local(DType.Float32, height * width, _lanes);
        var all = Build.Lane(0, _lanes);
        Expr[] Half(int i, int j) => [(i * _work.Horizontal.Size) + j, all];
        var down = Enumerable.Range(0, _work.Horizontal.Size).Select(j => LinearMap.Write(
            _draft, _work.Vertical.Output,
            Enumerable.Range(0, _work.Vertical.Size).Select(i => products[_work.ProductAt(i, j), Build.Lane((tile * PanelColumns) + column, _lanes)]),
            values => Stmt.Sequence(values.Select((value, i) => half.Store(Half(i, j), value)))));
        Stmt Across(int i, Func<IReadOnlyList<Expr>, Stmt> use) => LinearMap.Write(
            _draft, _work.Horizontal.Output,
            Enumerable.Range(0, _work.Horizontal.Size).Select(j => half[Half(i, j)]),
            use);
        Stmt StoreAt(Expr i, Expr j, long start, int lanes, Expr value) =>
            _epilogue.Store([corner[0], corner[1] + i, corner[2] + j], (panel * PanelColumns) + column + start, lanes, value);
        Stmt InRow(Expr i, Stmt store) => i switch
        {
            _ when RowsLeft == 0 => store,
            IntConst { Value: var row } => row < RowsLeft ? new If(corner[1] < _work.Height - height, store) : store,
            _ => new If((RowsLeft <= i) | (corner[1] < _work.Height - height), store),
        };
        Stmt InColumns(IEnumerable<Stmt> stores)
        {
            Stmt[] all = [.. stores];
            int left = (int)ColumnsLeft;
            return left == 0 ? Stmt.Sequence(all) : Stmt.Sequence(new If(corner[2] < _work.Width - width, Stmt.Sequence(all[..left])), Stmt.Sequence(all[left..]));
        }

        var rows = Enumerable.Range(0, height);
        // Pieces that are no whole vectors, and code as long as that of functions like tanh, are read back from memory.
        if (columns == _lanes && !_epilogue.HasFunctions)
            return new Allocate(half, Stmt.Sequence([.. down, .. rows.Select(i => InRow(i, Across(i, values => InColumns(values.Select((value, j) => _draft.Let([value], v => StoreAt(i, j, 0, _lanes, v[0])))))))]));
        var transform = new Allocate(half, Stmt.Sequence([.. down, .. rows.Select(i => Across(i, values => Stmt.Sequence(values.Select((value, j) => done.Store([(i * width) + j, all], value)))))]));
        var store = _draft.Loop(height, i => InRow(i, InColumns(Enumerable.Range(0, width).Select(j => Stmt.Sequence(VectorPieces.Of(columns, _lanes).Select(piece =>
            StoreAt(i, j, piece.Start, piece.Lanes, done[(i * width) + j, Build.Lane(piece.Start, piece.Lanes)])))))));
        return new Allocate(done, Stmt.Sequence(transform, store));
    }
}
