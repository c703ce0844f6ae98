using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// A picture by planes that the first convolution of a chain reads. Where it lies inside of padding (<see cref="BandChain.Frame"/>), the rows under the
/// convolution's window are copied into a ring of rows that has the padding beside them; else it is read in place. What the next row of the convolution
/// reads is asked for while tiles work on this one: a plane's few lines of a row are too short a stretch for the processor to do that by itself.
/// </summary>
internal sealed class Picture
{
    private readonly KernelDraft _draft;
    private readonly BandChain _chain;
    private readonly MachineFacts _machine;
    private readonly Window _window;
    private readonly Value _planes;
    private readonly Pad? _halo;
    private readonly Var[] _index;
    private readonly Expr _element;

    public Picture(KernelDraft draft, BandChain chain, IReadOnlySet<Value> materialized, MachineFacts machine)
    {
        (_draft, _chain, _machine, _window, _halo) = (draft, chain, machine, chain.ExpandWindow, chain.Frame?.Halo);
        _planes = chain.Frame?.Inner ?? chain.ExpandForm!.Data;
        _index = [.. _planes.Shape.Select(_ => draft.Variable("e"))];
        _element = new Inliner(draft, materialized).Read(_planes, _index);
        if (chain.Frame is { } frame)
            Frame = draft.Local(frame.Result.Element, chain.FrameRows, Channels, frame.Result.Shape[3].Value);
    }

    /// <summary>[rows of the ring, channels, places], or null where the picture is read in place.</summary>
    public Buffer? Frame { get; }

    private long Channels => _planes.Shape[1].Value;

    private long Height => _planes.Shape[2].Value;

    private long Width => _planes.Shape[3].Value;

    private long Stride => _window.Strides[0];

    private long Top => _halo?.Before[2] ?? 0;

    private long Left => _halo?.Before[3] ?? 0;

    /// <summary>The datum that a place of the convolution's result meets.</summary>
    public Expr Datum(Expr image, Expr row, Expr column, Expr kh, Expr kw, Expr c)
    {
        var y = (row * Stride) + (kh * _window.Dilations[0]);
        var x = (column * _window.Strides[1]) + (kw * _window.Dilations[1]);
        return Frame is null ? Element(image, c, y, x) : Frame[Build.FloorMod(y, _chain.FrameRows), c, x];
    }

    /// <summary>The padding left and right of the ring's rows, which nothing overwrites.</summary>
    public Stmt FillSides() => Frame is null ? Stmt.Sequence() : _draft.Loop(Frame.Shape[0], slot => _draft.Loop(Channels, c => Stmt.Sequence(
        Fill(slot, c, 0, Left), Fill(slot, c, Left + Width, Frame.Shape[2] - Left - Width))));

    /// <summary>The rows under the window of a row of the convolution that are not in the ring yet; all for row <paramref name="first"/>, from which rows are computed in turn.</summary>
    public Stmt CopyRows(Expr image, Expr row, Expr first)
    {
        if (Frame is null)
            return Stmt.Sequence();
        long span = _chain.FrameRows;
        var from = Build.Select(Build.Equal(row, first), row * Stride, Build.Max(row * Stride, ((row - 1) * Stride) + span));
        var line = _draft.Variable("line");
        return new For(line, from, (row * Stride) + span, LoopKind.Serial, _draft.Let([Build.FloorMod(line, span), line - Top], at =>
            _draft.Loop(Channels, c =>
            {
                var inside = Build.Binary(BinaryOp.And, Build.Compare(CompareOp.LessEqual, 0, at[1]), Build.Compare(CompareOp.Less, at[1], Height));
                return new If(
                    inside,
                    Pieces(0, Width, (x, lanes) => Frame.Store([at[0], c, Build.Lane(x + Left, lanes)], Build.ToLanes(Element(image, c, at[1], Build.Lane(x, lanes)), lanes))),
                    Fill(at[0], c, Left, Width));
            })));
    }

    /// <summary>Asks for a tile's share of what the row of the convolution after <paramref name="row"/> is the first to read.</summary>
    public Stmt Ahead(Expr image, Expr row, Expr tile, long tiles)
    {
        long line = Math.Max(1, _machine.LineBytes / _planes.Element.Size);
        long share = ContractionConfig.DivideUp(ContractionConfig.DivideUp(Width, line), tiles);
        var read = _element.Descendants().OfType<Load>().Where(l => l.Buffer.ElementCount == _planes.Shape.ElementCount).ToList();
        return Stmt.Sequence(
            from ahead in Enumerable.Range(0, (int)Stride)
            from c in Enumerable.Range(0, (int)Channels)
            from piece in Enumerable.Range(0, (int)share)
            let y = Build.Min(Build.Max((row * Stride) + (_chain.FrameRows + ahead - Top), 0), Height - 1)
            let at = At(image, c, y, Build.Min(((tile * share) + piece) * line, Width - 1))
            from load in read
            select new Prefetch(load.Buffer, load.Indices.Select(i => i.Substitute(at)).ToEquatableArray()));
    }

    private Stmt Fill(Expr slot, Expr c, long column, long count) =>
        Pieces(column, count, (x, lanes) => Frame!.Store([slot, c, Build.Lane(x, lanes)], _halo!.Fill(Frame.Element)));

    /// <summary>Vectors of so many places of a row, from one on.</summary>
    private Stmt Pieces(long begin, long count, Func<Expr, int, Stmt> body) =>
        VectorPieces.Loop(_draft, count, _machine.Lanes(_planes.Element), (at, lanes) => body(at + begin, lanes));

    private Expr Element(Expr image, Expr c, Expr y, Expr x) => _element.Substitute(At(image, c, y, x));

    private Dictionary<Var, Expr> At(params Expr[] index) => _index.Zip(index).ToDictionary(p => p.First, p => p.Second);
}
