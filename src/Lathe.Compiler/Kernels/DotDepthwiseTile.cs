using Lathe.Compilation.Scheduling;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// A few rows by a few places of a depthwise convolution of bytes for one vector of channels. Four rows of data are woven, that is interleaved, so that a channel's
/// four bytes are one word. Weaving works within 16 bytes, as processors' instructions do: of 16 channels, each of the four woven vectors has four. Sums are in
/// that order until they are stored.
/// </summary>
internal sealed class DotDepthwiseTile
{
    /// <summary>Fewer channels are no vector.</summary>
    public const int LeastLanes = 4;

    private const int Block = 16;

    private readonly KernelDraft _draft;
    private readonly Window _window;
    private readonly WindowConfig _config;
    private readonly DotDepthwiseWeights _packed;
    private readonly Buffer _weights;
    private readonly Buffer? _begin;

    public DotDepthwiseTile(KernelDraft draft, Window window, WindowConfig config, DotDepthwiseWeights weights)
    {
        (_draft, _window, _config, _packed) = (draft, window, config, weights);
        _weights = draft.Parameter(weights.Weights);
        _begin = weights.Begin is { } begin ? draft.Parameter(begin) : null;
    }

    /// <summary>Vectors that cover so many channels; the last is moved back where it would be shorter than <see cref="LeastLanes"/>.</summary>
    public static IReadOnlyList<(long Start, int Lanes)> PiecesOf(long channels, MachineFacts machine)
    {
        var pieces = VectorPieces.Of(channels, Math.Max(machine.VectorBytes, LeastLanes)).ToList();
        int few = pieces.RemoveAll(p => p.Lanes < LeastLanes);
        return few == 0 ? pieces : [.. pieces, (channels - LeastLanes, LeastLanes)];
    }

    /// <summary>The channel of a lane of the woven vectors of so many channels, one after another.</summary>
    public static int WovenChannel(int lane, int lanes)
    {
        if (lanes < Block)
            return lane;
        int quarter = lanes / 4;
        return (Block * (lane % quarter / 4)) + (4 * (lane / quarter)) + (lane % 4);
    }

    /// <summary>
    /// Sums and what becomes of them. <paramref name="data"/> is the datum in a row and column counted from the first of the tile's windows;
    /// <paramref name="store"/> gets the row and place in the tile, the first channel from <paramref name="channel"/> on, and as many sums as lanes;
    /// <paramref name="storeWoven"/>, if there is one, the row and place, all sums as they are woven, and where the piece begins in the order of all channels.
    /// </summary>
    public Stmt Write(
        Expr channel, (long Start, int Lanes) piece, Func<long, long, Expr> data, Func<int, int, long, int, Expr, Stmt> store, Func<int, int, Expr[], Expr, Stmt>? storeWoven = null)
    {
        int lanes = piece.Lanes, vectors = lanes < Block ? 1 : 4, each = lanes / vectors;
        // Pieces follow one another in the weights; only the last may begin elsewhere than with its channel.
        long offset = _packed.OffsetOf(piece);
        Expr first = offset == piece.Start ? channel : offset;
        var sums = _draft.Local(DType.Int32, _config.Rows, _config.Places, lanes);
        Expr[] Place(int row, int place, int vector) => [row, place, Build.Lane(vector * each, each)];
        Expr Weights(int row, int quad, int column, int part, int vector) =>
            _weights[row, quad, column, part, Build.Lane((first + (vector * each)) * Dot4.Width, each * Dot4.Width)];

        var begin =
            from vector in Enumerable.Range(0, vectors)
            let value = _begin is null ? Build.ToLanes(Build.Int(0, DType.Int32), each) : _begin[Build.Lane(first + (vector * each), each)]
            select _draft.Let([value], v => Stmt.Sequence(
                from row in Enumerable.Range(0, _config.Rows)
                from place in Enumerable.Range(0, _config.Places)
                select sums.Store(Place(row, place, vector), v[0])));
        var steps =
            from quad in Enumerable.Range(0, _packed.Rows.Quads)
            from column in Columns()
            select Woven(lanes, place => data(_packed.Rows.At(quad, place), column.Key), words => Stmt.Sequence(
                from vector in Enumerable.Range(0, vectors)
                from tap in column
                from row in Enumerable.Range(0, _config.Rows)
                where _packed.Rows.Uses(row, quad)
                from part in Enumerable.Range(0, _packed.Parts)
                let at = Place(row, tap.Output, vector)
                select sums.Store(at, new Dot4(sums[at], words[vector], Weights(row, quad, tap.Tap, part, vector)))));
        var stores =
            from row in Enumerable.Range(0, _config.Rows)
            from place in Enumerable.Range(0, _config.Places)
            let woven = Enumerable.Range(0, vectors).Select(v => sums[Place(row, place, v)]).ToArray()
            select storeWoven is not null ? storeWoven(row, place, woven, first)
                : Ordered(woven, ordered => Stmt.Sequence(ordered.Select((sum, i) => store(row, place, i * each, each, sum))));
        return new Allocate(sums, Stmt.Sequence([.. begin, .. steps, .. stores]));
    }

    /// <summary>For each column of data, the places of the tile that it counts for and by which column of the window.</summary>
    private IEnumerable<IGrouping<long, (long At, int Output, int Tap)>> Columns() =>
        from output in Enumerable.Range(0, _config.Places)
        from tap in Enumerable.Range(0, (int)_window.Kernel[^1])
        let t = (At: (output * _window.Strides[^1]) + (tap * _window.Dilations[^1]), Output: output, Tap: tap)
        orderby t.At
        group t by t.At;

    /// <summary>Four vectors of bytes woven into words of four.</summary>
    private Stmt Woven(int lanes, Func<int, Expr> row, Func<Expr[], Stmt> body) => _draft.Let(Enumerable.Range(0, Dot4.Width).Select(row), r =>
    {
        if (lanes < Block)
        {
            return _draft.Let([Weave(r[0], r[1], lanes, 0, lanes, 1), Weave(r[2], r[3], lanes, 0, lanes, 1)], pairs =>
                _draft.Let([Weave(pairs[0], pairs[1], 2 * lanes, 0, 2 * lanes, 2)], body));
        }
        Expr Low(Expr a, Expr b, int unit) => Weave(a, b, lanes, 0, Block / 2, unit);
        Expr High(Expr a, Expr b, int unit) => Weave(a, b, lanes, Block / 2, Block / 2, unit);
        return _draft.Let([Low(r[0], r[1], 1), Low(r[2], r[3], 1), High(r[0], r[1], 1), High(r[2], r[3], 1)], p =>
            _draft.Let([Low(p[0], p[1], 2), High(p[0], p[1], 2), Low(p[2], p[3], 2), High(p[2], p[3], 2)], body));
    });

    /// <summary>
    /// Interleaves two vectors of bytes within blocks of 16 bytes, or within the whole where it is less: of each block so many bytes from <paramref name="first"/>
    /// on, <paramref name="unit"/> bytes of one vector and then as many of the other.
    /// </summary>
    private static Shuffle Weave(Expr a, Expr b, int lanes, int first, int count, int unit)
    {
        int block = Math.Min(lanes, count == lanes ? lanes : Block);
        var picks =
            from start in Enumerable.Range(0, lanes / block).Select(i => i * block)
            from at in Enumerable.Range(0, count / unit)
            from side in new[] { 0, lanes }
            from u in Enumerable.Range(0, unit)
            select side + start + first + (at * unit) + u;
        return new Shuffle(a, b, picks.ToEquatableArray());
    }

    /// <summary>The sums of woven vectors in the order of their channels.</summary>
    private Stmt Ordered(Expr[] woven, Func<Expr[], Stmt> body)
    {
        int each = woven[0].Lanes, blocks = each / 4;
        if (woven.Length == 1 || blocks == 1)
            return body(woven);
        // Blocks of four lanes: halves of two vectors each time.
        Shuffle Pick(Expr a, Expr b, params IEnumerable<int> taken) => new(a, b, taken.SelectMany(block => Enumerable.Range(block * 4, 4)).ToEquatableArray());
        if (blocks == 2)
            return _draft.Let([Pick(woven[0], woven[1], 0, 2), Pick(woven[2], woven[3], 0, 2), Pick(woven[0], woven[1], 1, 3), Pick(woven[2], woven[3], 1, 3)], body);
        return _draft.Let([Pick(woven[0], woven[1], 0, 1, 4, 5), Pick(woven[2], woven[3], 0, 1, 4, 5), Pick(woven[0], woven[1], 2, 3, 6, 7), Pick(woven[2], woven[3], 2, 3, 6, 7)], h =>
            _draft.Let([Pick(h[0], h[1], 0, 2, 4, 6), Pick(h[0], h[1], 1, 3, 5, 7), Pick(h[2], h[3], 0, 2, 4, 6), Pick(h[2], h[3], 1, 3, 5, 7)], body));
    }
}
