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

    private readonly Buffer? _panels;
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
    public NextPanel(Buffer? panels, long steps, int unroll, long tiles, MachineFacts machine, long mostLines = UsualLines)
    {
        if (panels is null || (tiles < 2 && mostLines <= UsualLines) || panels.Bytes <= machine.L1Bytes)
            return;
        _line = Math.Max(1, machine.LineBytes / panels.Element.Size);
        steps = steps > 0 ? steps : panels.Shape[2];
        long turns = steps / unroll;
        (_parts, _part) = (panels.Shape[2] / steps, steps * panels.Shape[3]);
        long all = ContractionConfig.DivideUp(_part, _line);
        _lines = ContractionConfig.DivideUp(all, turns * tiles);
        _piece = turns * _lines * _line;
        _pieces = ContractionConfig.DivideUp(all, turns * _lines);
        if (_lines <= mostLines)
            _panels = panels;
    }

    /// <summary>Where the piece begins that a tile asks for, counted in elements of all panels.</summary>
    public Expr Start(Expr group, Expr panel, Expr part, Expr tile) => _panels is null
        ? 0
        : Build.Min(
            (((((group * _panels.Shape[1]) + panel) * _parts) + part + 1) * _part) + (Build.Min(tile, _pieces - 1) * _piece),
            _panels.ElementCount - _piece);

    /// <summary>What a turn asks for.</summary>
    public Stmt Fetch(Expr start, Expr turn) => _panels is null
        ? Stmt.Sequence()
        : Stmt.Sequence(Enumerable.Range(0, (int)_lines).Select(i => new Prefetch(_panels, [0, 0, 0, start + (turn * (_lines * _line)) + (i * _line)])));
}
