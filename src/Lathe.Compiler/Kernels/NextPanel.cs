using Lathe.Compilation.Scheduling;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// Asks for the part of the packed weights that is next, a few lines at each turn of the inner loop, while tiles work on the part before it: a panel,
/// or some steps of its reduction. In a run of a whole model weights come from memory, once for each run, and no faster than the first tile of a part
/// needs them.
/// </summary>
internal sealed class NextPanel
{
    /// <summary>With more lines than this at a turn, there are usually too few tiles to hide anything behind.</summary>
    public const long UsualLines = 6;

    /// <summary>So few lines of a tile are asked for before it begins: the first level has room for as many requests at a time, or nearly.</summary>
    private const long MostAtOnce = 24;

    private readonly Buffer? _panels;
    private readonly bool _atOnce;
    private readonly long _line;
    private readonly long _lines;
    private readonly long _parts;
    private readonly long _part;
    private readonly long _piece;
    private readonly long _pieces;

    /// <param name="panels">[groups, panels, reduction, panel columns], or null where weights are not packed.</param>
    /// <param name="steps">Steps of the reduction in a part, 0 for all.</param>
    /// <param name="unroll">Steps of the reduction in a turn.</param>
    /// <param name="tiles">Tiles that work on a part, one after another.</param>
    /// <param name="mostLines">Nothing is asked for where a turn would ask for more lines.</param>
    /// <param name="besideOnly">Nothing is asked for before a tile begins: where tiles are short, that many requests at a time would hold them up.</param>
    public NextPanel(Buffer? panels, long steps, int unroll, long tiles, MachineFacts machine, long mostLines = UsualLines, bool besideOnly = false)
    {
        if (panels is null || (tiles < 2 && mostLines <= UsualLines) || panels.Bytes <= machine.L1Bytes)
            return;
        _line = Math.Max(1, machine.LineBytes / panels.Element.Size);
        steps = steps > 0 ? steps : panels.Shape[2];
        long turns = steps / unroll;
        (_parts, _part) = (panels.Shape[2] / steps, steps * panels.Shape[3]);
        if (panels.Shape[0] * panels.Shape[1] * _parts == 1)
            return;
        long all = ContractionConfig.DivideUp(_part, _line);
        long ofTile = ContractionConfig.DivideUp(all, tiles);
        _atOnce = !besideOnly && ofTile <= MostAtOnce;
        _lines = _atOnce ? ofTile : ContractionConfig.DivideUp(ofTile, turns);
        _piece = (_atOnce ? 1 : turns) * _lines * _line;
        _pieces = ContractionConfig.DivideUp(all * _line, _piece);
        if (_atOnce || _lines <= mostLines)
            _panels = panels;
    }

    /// <summary>
    /// Where the piece begins that a tile asks for, counted in elements of all panels, and how far a turn goes on from there. Tiles after the last
    /// piece ask for one line again and again, which costs the nearest cache no room.
    /// </summary>
    public Expr[] Piece(Expr group, Expr panel, Expr part, Expr tile) => _panels is null
        ? [0, 0]
        :
        [
            Build.Min(
                (((((group * _panels.Shape[1]) + panel) * _parts) + part + 1) * _part) + (Build.Min(tile, _pieces - 1) * _piece),
                _panels.ElementCount - _piece),
            _atOnce ? 0 : Build.Select(tile < _pieces, Build.Const(_lines * _line, DType.Int64), Build.Const(0, DType.Int64)),
        ];

    /// <summary>What a tile asks for before it begins.</summary>
    public Stmt FetchBefore(Expr[] piece) => _panels is null || !_atOnce ? Stmt.Sequence() : Lines(piece[0], 0, _lines);

    /// <summary>
    /// The steps of a turn, with what the turn asks for in equal parts before each: more requests at a time than the first level has room for hold up its loads.
    /// </summary>
    public Stmt Beside(Expr[] piece, Expr turn, IEnumerable<Stmt> steps)
    {
        Stmt[] all = [.. steps];
        if (_panels is null || _atOnce)
            return Stmt.Sequence(all);
        int From(int step) => (int)(_lines * step / all.Length);
        return Stmt.Sequence(all.SelectMany((step, u) => new[] { Lines(piece[0] + (turn * piece[1]), From(u), From(u + 1)), step }));
    }

    private Stmt Lines(Expr start, long from, long to) =>
        Stmt.Sequence(Enumerable.Range((int)from, (int)(to - from)).Select(i => new Prefetch(_panels!, [0, 0, 0, start + (i * _line)])));
}
