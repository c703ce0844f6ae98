using Lathe.Compilation.Scheduling;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// Asks for a panel of packed weights, a few lines at each turn of the inner loop, while tiles work on the panel before it. In a run of a
/// whole model weights come from memory, once for each run, and no faster than the first tile of a panel needs them.
/// </summary>
internal sealed class NextPanel
{
    /// <summary>With more lines than this at a turn, there are too few tiles to hide anything behind.</summary>
    private const long MaxLines = 4;

    private readonly Buffer? _panels;
    private readonly long _line;
    private readonly long _lines;
    private readonly long _piece;
    private readonly long _pieces;

    /// <param name="panels">[groups, panels, reduction, panel columns], or null where weights are not packed.</param>
    /// <param name="unroll">Steps of the reduction in a turn.</param>
    /// <param name="tiles">Tiles that work on a panel, one after another.</param>
    public NextPanel(Buffer? panels, int unroll, long tiles, MachineFacts machine)
    {
        if (panels is null || tiles < 2 || panels.Bytes <= machine.L1Bytes)
            return;
        _line = Math.Max(1, machine.LineBytes / panels.Element.Size);
        long turns = panels.Shape[2] / unroll;
        long all = ContractionConfig.DivideUp(panels.Shape[2] * panels.Shape[3], _line);
        _lines = ContractionConfig.DivideUp(all, turns * tiles);
        _piece = turns * _lines * _line;
        _pieces = ContractionConfig.DivideUp(all, turns * _lines);
        if (_lines <= MaxLines)
            _panels = panels;
    }

    /// <summary>Where the piece begins that a tile asks for, counted in elements of all panels.</summary>
    public Expr Start(Expr group, Expr panel, Expr tile) => _panels is null
        ? 0
        : Build.Min(
            (((group * _panels.Shape[1]) + panel + 1) * (_panels.Shape[2] * _panels.Shape[3])) + (Build.Min(tile, _pieces - 1) * _piece),
            _panels.ElementCount - _piece);

    /// <summary>What a turn asks for.</summary>
    public Stmt Fetch(Expr start, Expr turn) => _panels is null
        ? Stmt.Sequence()
        : Stmt.Sequence(Enumerable.Range(0, (int)_lines).Select(i => new Prefetch(_panels, [0, 0, 0, start + (turn * (_lines * _line)) + (i * _line)])));
}
