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

    public override int Version => 11;

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
            int threads = _work.Macs < SerialMacs ? 1 : _machine.Threads;
            return threads == 1 && _work.Images * _work.Groups == 1
                ? WithData(0, 0, data => Jobs(threads, (image, block, group, panel) => Block(data, image, block, group, panel)))
                : Jobs(threads, (image, block, group, panel) => WithData(image, group, data => Block(data, image, block, group, panel)));
        }

        /// <summary>Each panel of each group with each block of places of each image.</summary>
        private Stmt Jobs(int threads, Func<Expr, Expr, Expr, Expr, Stmt> body)
        {
            long blocks = ContractionConfig.DivideUp(_tiles.Count, _config.Tiles);
            long panels = ContractionConfig.DivideUp(_work.Columns, _tiles.PanelColumns);
            if (panels > 1 && ContractionConfig.TakesTurns(_work, _machine))
                return InTurns(panels, threads, panel => body(0, 0, 0, panel));
            return _draft.ParallelLoop(_work.Images * blocks * _work.Groups * panels, threads, job => PanelsOutside(blocks, panels)
                ? body(
                    Build.FloorDiv(job, _work.Groups * panels * blocks),
                    Build.FloorMod(job, blocks),
                    Build.FloorMod(Build.FloorDiv(job, panels * blocks), _work.Groups),
                    Build.FloorMod(Build.FloorDiv(job, blocks), panels))
                : body(
                    Build.FloorDiv(job, blocks * _work.Groups * panels),
                    Build.FloorMod(Build.FloorDiv(job, _work.Groups * panels), blocks),
                    Build.FloorMod(Build.FloorDiv(job, panels), _work.Groups),
                    Build.FloorMod(job, panels)), _work.Macs);
        }

        private Stmt Block(Func<ContractionTiles.Place, Expr, Expr, Expr, Expr> data, Expr image, Expr block, Expr group, Expr panel)
        {
            long full = _work.Columns / _tiles.PanelColumns, rest = _work.Columns % _tiles.PanelColumns;
            Stmt Tiles(long columns) => _tiles.Write(
                block * _config.Tiles,
                (block + 1) * _config.Tiles,
                new(image, group, panel, columns),
                data,
                place => _form.ResultPlace(image, place.Row, place.Column));

            return rest == 0 ? Tiles(_tiles.PanelColumns) : full == 0 ? Tiles(rest) : new If(panel < full, Tiles(_tiles.PanelColumns), Tiles(rest));
        }

        /// <summary>
        /// Gives the data of an image's group. Where the form has a factor for them, that is the product, which is made once and waits in the frame: made beside the
        /// sums, it would need a shuffle more to fill a vector.
        /// </summary>
        private Stmt WithData(Expr image, Expr group, Func<Func<ContractionTiles.Place, Expr, Expr, Expr, Expr>, Stmt> body)
        {
            Expr Datum(Expr row, Expr column, Expr kh, Expr kw, Expr c) => _form.DataAt(_data, image, row, column, group, kh, kw, c);
            if (_form.DataScale == 1)
                return body((place, kh, kw, c) => Datum(place.Row, place.Column, kh, kw, c));
            var factor = Build.Const(_form.DataScale, _work.Element);
            if (_work.Places * _work.Reduction * _work.Element.Size > ContractionConfig.FrameBytes)
                return body((place, kh, kw, c) => Datum(place.Row, place.Column, kh, kw, c) * factor);
            var scaled = _draft.Local(_work.Element, _work.Height, _work.Width, _work.Reduction);
            var scale = _draft.Loop(_work.Height, row => _draft.Loop(_work.Width, column =>
                _draft.Loop(_work.KernelHeight, kh => _draft.Loop(_work.KernelWidth, kw => _draft.Loop(_work.Depth, c =>
                    scaled.Store([row, column, _form.ReductionIndex(kh, kw, c)], Datum(row, column, kh, kw, c) * factor))))));
            return new Allocate(scaled, Stmt.Sequence(scale, body((place, kh, kw, c) => scaled[place.Row, place.Column, _form.ReductionIndex(kh, kw, c)])));
        }

        /// <summary>
        /// From the first to the last of a thread's panels and, in the next run, back: what a run reads last is what is still near when the next begins. The first threads have
        /// a panel more where they cannot be shared out evenly, so theirs is the last one, which may be narrower.
        /// </summary>
        private Stmt InTurns(long panels, int threads, Func<Expr, Stmt> body)
        {
            var turn = _draft.Kept(DType.Int32, 1);
            var one = Build.Int(1, DType.Int32);
            Expr Bound(Expr thread) => Build.FloorDiv((thread * panels) + (threads - 1), threads);
            Stmt Panel(Expr job, Expr back)
            {
                var thread = Build.FloorDiv(job * threads, panels);
                return _draft.Let([Build.Select(back < one, job, Bound(thread) + Bound(thread + 1) - 1 - job)], at => body(threads == 1 ? at[0] : panels - 1 - at[0]));
            }
            return _draft.Let([turn[0] & one], back => Stmt.Sequence(
                turn.Store([0], back[0] ^ one),
                threads == 1 ? _draft.Loop(panels, job => Panel(job, back[0])) : _draft.ParallelLoop(panels, threads, job => Panel(job, back[0]))));
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
