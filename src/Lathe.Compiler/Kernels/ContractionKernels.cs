using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// The generator for dense layers, matrix products and direct convolutions. A register tile holds a few output places by a
/// few vectors of columns; the reduction broadcasts data elements against vectors of weights, with the window folded into it.
/// </summary>
internal class ContractionKernels(MachineFacts machine, IReadOnlySet<Value> materialized) : KernelGenerator(machine, materialized)
{
    /// <summary>Below this many multiply-adds a contraction runs on one thread: waking others takes longer.</summary>
    public const long SerialMacs = 100_000;

    public override string Name => "direct";

    public override int Version => 9;

    public override bool Takes(Group group) => group.Anchor is { } anchor && FormOf(anchor) is not null;

    public override Schedule Default(Group group) => ContractionConfig.For(FormOf(group).Form.Work, Machine).ToSchedule(Name);

    public override IEnumerable<Schedule> Space(Group group) =>
        ContractionConfig.Space(FormOf(group).Form.Work, Machine).Select(c => c.ToSchedule(Name));

    public override LoweredKernel Lower(Group group, Schedule schedule)
    {
        var (form, flat) = FormOf(group);
        var draft = new KernelDraft(group, flat ? FlattenedView.Of(group.Result) : null);
        var epilogue = new Epilogue(draft, group, Materialized, Machine);
        return epilogue.Finish(new Writer(draft, form, ContractionConfig.Of(schedule), epilogue, Machine).Write()) with { StoresOnce = epilogue.ReadsAlike };
    }

    /// <summary>The form of a group's anchor, or null when the generator does not take it.</summary>
    protected virtual ContractionForm? FormOf(Node anchor) => ContractionForm.Of(anchor);

    private (ContractionForm Form, bool Flat) FormOf(Group group)
    {
        var form = FormOf(group.Anchor!)!;
        bool flat = group.HasWholeRows && form.CanFlatten && FlattenedView.Fits(group, Materialized);
        return (flat ? form.Flattened() : form, flat);
    }

    private sealed class Writer
    {
        private readonly KernelDraft _draft;
        private readonly ContractionForm _form;
        private readonly ContractionConfig _config;
        private readonly MachineFacts _machine;
        private readonly Contraction _work;
        private readonly Buffer _data;
        private readonly ContractionTiles _tiles;

        public Writer(KernelDraft draft, ContractionForm form, ContractionConfig config, Epilogue epilogue, MachineFacts machine)
        {
            (_draft, _form, _config, _machine, _work) = (draft, form, config, machine, form.Work);
            _data = form.DataBuffer(draft);
            _tiles = new(draft, form, config, epilogue, machine, _work.Height, _work.Width, once: epilogue.ReadsAlike, asksAhead: true);
        }

        public Stmt Write()
        {
            long blocks = ContractionConfig.DivideUp(_tiles.Count, _config.Tiles);
            long fullPanels = _work.Columns / _tiles.PanelColumns;
            long rest = _work.Columns % _tiles.PanelColumns;
            long panels = fullPanels + (rest > 0 ? 1 : 0);

            Stmt Block(Expr image, Expr block, Expr group, Expr panel)
            {
                Stmt Tiles(long columns) => _tiles.Write(
                    block * _config.Tiles,
                    (block + 1) * _config.Tiles,
                    new(image, group, panel, columns),
                    (place, kh, kw, c) => _form.DataAt(_data, image, place.Row, place.Column, group, kh, kw, c),
                    place => _form.ResultPlace(image, place.Row, place.Column));

                return rest == 0 ? Tiles(_tiles.PanelColumns) : fullPanels == 0 ? Tiles(rest) : new If(panel < fullPanels, Tiles(_tiles.PanelColumns), Tiles(rest));
            }

            if (panels > 1 && ContractionConfig.TakesTurns(_work, _machine))
                return InTurns(panels, panel => Block(0, 0, 0, panel));
            long jobs = _work.Images * blocks * _work.Groups * panels;
            int threads = _work.Macs < SerialMacs ? 1 : _machine.Threads;
            return _draft.ParallelLoop(jobs, threads, job => PanelsOutside(blocks, panels)
                ? Block(
                    Build.FloorDiv(job, _work.Groups * panels * blocks),
                    Build.FloorMod(job, blocks),
                    Build.FloorMod(Build.FloorDiv(job, panels * blocks), _work.Groups),
                    Build.FloorMod(Build.FloorDiv(job, blocks), panels))
                : Block(
                    Build.FloorDiv(job, blocks * _work.Groups * panels),
                    Build.FloorMod(Build.FloorDiv(job, _work.Groups * panels), blocks),
                    Build.FloorMod(Build.FloorDiv(job, panels), _work.Groups),
                    Build.FloorMod(job, panels)), _work.Macs);
        }

        /// <summary>From the first to the last and, in the next run, back: what a run reads last is what is still near when the next begins.</summary>
        private Stmt InTurns(long panels, Func<Expr, Stmt> body)
        {
            var turn = _draft.Kept(DType.Int32, 1);
            var one = Build.Int(1, DType.Int32);
            return _draft.Let([turn[0] & one], back => Stmt.Sequence(
                turn.Store([0], back[0] ^ one),
                _draft.Loop(panels, i => body(Build.Select(back[0] < one, i, panels - 1 - i)))));
        }

        /// <summary>
        /// Whether all blocks of places pass by a panel before the next: where the panels are more than the second-level cache holds, and reading
        /// them again for each block is more than reading the data again for each panel.
        /// </summary>
        private bool PanelsOutside(long blocks, long panels)
        {
            long weights = _work.Reduction * _work.Columns * _work.Element.Size;
            long data = _work.Places * _work.PlaceStride / _work.Groups * _work.Element.Size;
            return weights > _machine.L2Bytes && (blocks - 1) * weights > (panels - 1) * data;
        }
    }
}
