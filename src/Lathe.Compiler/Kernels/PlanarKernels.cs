using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// The generator for convolutions with so few output channels that vectors along them would be half empty. Vectors run along image rows
/// instead: data rows are turned into lines of one channel each as they are needed, a few at a time, and a register tile holds
/// a few output channels by a few vectors of places.
/// </summary>
internal sealed class PlanarKernels(MachineFacts machine, IReadOnlySet<Value> materialized) : KernelGenerator(machine, materialized)
{
    public override string Name => "planar";

    public override bool Takes(Group group)
    {
        if (group.Anchor is not { } anchor || anchor.Output.Element != DType.Float32 || PlanarWork.Of(anchor) is not { } work)
            return false;
        int lanes = Machine.Lanes(work.Element);
        return lanes > 1 && work.Width >= lanes && work.KernelWidth <= MostAcross && PlanarConfig.Fits(work, lanes);
    }

    /// <summary>Where its cycles are clearly fewer than those of vectors along channels.</summary>
    public override bool Pays(Group group)
    {
        var work = PlanarWork.Of(group.Anchor!)!;
        double direct = (double)ContractionConfig.DivideUp(work.Columns, Machine.Lanes(work.Element)) * work.Reduction;
        return 1.1 * PlanarConfig.CyclesPerPlace(work, Machine) < direct;
    }

    public override Schedule Default(Group group) => PlanarConfig.For(PlanarWork.Of(group.Anchor!)!, Machine).ToSchedule(Name);

    public override IEnumerable<Schedule> Space(Group group) =>
        PlanarConfig.Space(PlanarWork.Of(group.Anchor!)!, Machine).Select(c => c.ToSchedule(Name));

    public override LoweredKernel Lower(Group group, Schedule schedule)
    {
        var draft = new KernelDraft(group);
        var epilogue = new Epilogue(draft, group, Materialized, Machine);
        return epilogue.Finish(new Writer(draft, group.Anchor!, PlanarConfig.Of(schedule), epilogue, Machine).Write());
    }

    /// <summary>Window places along a row are written out.</summary>
    private const long MostAcross = 16;

    private sealed class Writer(KernelDraft draft, Node conv, PlanarConfig config, Epilogue epilogue, MachineFacts machine)
    {
        /// <summary>Below this many multiply-adds a convolution runs on one thread: waking others takes longer.</summary>
        private const long SerialMacs = 100_000;

        /// <summary>A thread starts with lines that its neighbour has turned too; with so many times more rows this is little.</summary>
        private const long RowsForSpan = 4;

        private readonly PlanarWork _work = PlanarWork.Of(conv)!;
        private readonly int _lanes = machine.Lanes(DType.Float32);
        private readonly Buffer _data = draft.Input(conv.Inputs[0]);
        private readonly Buffer _weights = draft.Parameter(Pack(conv.Inputs[1].Constant!, PlanarWork.Of(conv)!, config.Columns));

        private bool OneAxis => conv.Output.Shape.Rank == 3;

        private long TilePlaces => (long)config.Vectors * _lanes;

        private long LinePlaces => config.Strip + _work.Reach;

        /// <summary>Lines that the output row before has left in place.</summary>
        private long Ahead => Math.Max(0, _work.Span - _work.StrideDown);

        public Stmt Write()
        {
            int threads = _work.Macs < SerialMacs ? 1 : machine.Threads;
            long strips = ContractionConfig.DivideUp(_work.Width, config.Strip);
            long wanted = threads == 1 ? 1 : ContractionConfig.DivideUp(threads * 4L, _work.Images * strips);
            long rows = Math.Min(_work.Height, Math.Max(ContractionConfig.DivideUp(_work.Height, wanted), _work.Span == 1 ? 1 : RowsForSpan * _work.Span));
            long chunks = ContractionConfig.DivideUp(_work.Height, rows);
            return draft.ParallelLoop(_work.Images * strips * chunks, threads, job => draft.Let(
                [
                    Build.FloorDiv(job, strips * chunks),
                    Build.Min(Build.FloorMod(Build.FloorDiv(job, chunks), strips) * config.Strip, _work.Width - config.Strip),
                    Build.FloorMod(job, chunks) * rows,
                ],
                at => Chunk(at[0], at[1], at[2], rows)));
        }

        private Stmt Chunk(Expr image, Expr place, Expr row, long rows)
        {
            var lines = draft.Local(DType.Float32, _work.Span, _work.Channels, LinePlaces);
            Stmt Turn(Expr line) => TurnLine(lines, image, line, place);
            var y = draft.Variable("y");
            var body = Stmt.Sequence(
                draft.Loop(_work.Span - Ahead, l => draft.Let([(y * _work.StrideDown) + Ahead + l], line => Turn(line[0]))),
                Row(lines, image, y, place));
            return new Allocate(lines, Stmt.Sequence(
                Ahead == 0 ? Stmt.Sequence() : draft.Loop(Ahead, l => draft.Let([(row * _work.StrideDown) + l], line => Turn(line[0]))),
                new For(y, row, Build.Min(row + rows, _work.Height), LoopKind.Serial, body)));
        }

        /// <summary>Turns a strip of a data row into lines of one channel each, by square blocks; a last block that would reach beyond it is moved back.</summary>
        private Stmt TurnLine(Buffer lines, Expr image, Expr line, Expr place)
        {
            var slot = Build.FloorMod(line, _work.Span);
            Expr Datum(Expr x, Expr channel) => OneAxis ? _data[image, place + x, channel] : _data[image, line, place + x, channel];

            Stmt Block(Expr x, Expr channel, int size) => size < 4
                ? Stmt.Sequence(Enumerable.Range(0, size).Select(c =>
                    lines.Store([slot, channel + c, Build.Lane(x, _lanes)], Datum(Build.Lane(x, _lanes), channel + c))))
                : draft.Let(Enumerable.Range(0, size).Select(i => Datum(x + i, Build.Lane(channel, size))), rows =>
                    Shuffling.Transpose(draft, rows, columns => Stmt.Sequence(
                        columns.Select((values, c) => lines.Store([slot, channel + c, Build.Lane(x, size)], values)))));

            Stmt Blocks(int size, Func<Expr, Stmt> body)
            {
                long width = Math.Max(size, 4) == size ? size : _lanes;
                return draft.Loop(ContractionConfig.DivideUp(LinePlaces, width), b =>
                    draft.Let([Build.Min(b * width, LinePlaces - width)], x => body(x[0])));
            }

            long full = _work.Channels / _lanes;
            var whole = full == 0 ? Stmt.Sequence() : Blocks(_lanes, x => draft.Loop(full, c => Block(x, c * _lanes, _lanes)));
            var rest = VectorPieces.Of(_work.Channels % _lanes, _lanes).Select(p => Blocks(p.Lanes, x => Block(x, (full * _lanes) + p.Start, p.Lanes)));
            return Stmt.Sequence([whole, .. rest]);
        }

        private Stmt Row(Buffer lines, Expr image, Expr y, Expr place) =>
            draft.Loop(ContractionConfig.DivideUp(config.Strip, TilePlaces), tile =>
                draft.Let([Build.Min(tile * TilePlaces, config.Strip - TilePlaces)], x => Stmt.Sequence(
                    Enumerable.Range(0, (int)ContractionConfig.DivideUp(_work.Columns, config.Columns)).Select(g =>
                        Tile(lines, image, y, place, x[0], g)))));

        private Stmt Tile(Buffer lines, Expr image, Expr y, Expr place, Expr x, int panel)
        {
            int first = panel * config.Columns;
            int columns = (int)Math.Min(config.Columns, _work.Columns - first);
            var vectors = Enumerable.Range(0, config.Vectors).Select(v => ((long)v * _lanes, _lanes)).ToArray();
            var tile = new RegisterTile(draft, DType.Float32, columns, vectors, TilePlaces);
            int unroll = _work.KernelWidth > 1 ? 1 : new[] { 4, 2, 1 }.First(u => _work.Channels % u == 0);

            var reduction = draft.Loop(_work.KernelHeight, kh => draft.Let([Build.FloorMod((y * _work.StrideDown) + (kh * _work.DilationDown), _work.Span)], slot =>
                draft.Loop(_work.Channels / unroll, step => Stmt.Sequence(
                    from u in Enumerable.Range(0, unroll)
                    from kw in Enumerable.Range(0, (int)_work.KernelWidth)
                    let c = (step * unroll) + u
                    select tile.Step(
                        v => lines[slot[0], c, Build.Lane(x + (kw * _work.DilationAcross) + v.Start, v.Lanes)],
                        n => _weights[panel, kh, c, kw, n])))));

            var done = draft.Local(DType.Float32, columns, TilePlaces);
            var keep = tile.ForAll((n, v) => done.Store(RegisterTile.Place(n, v), tile.Sums[RegisterTile.Place(n, v)]));
            return new Allocate(done, Stmt.Sequence(
                new Allocate(tile.Sums, Stmt.Sequence(tile.Zero(), reduction, keep)),
                Store(done, image, y, place + x, first, columns)));
        }

        /// <summary>Columns four and more at a time are turned back into places; single ones are stored by vectors along the row.</summary>
        private Stmt Store(Buffer done, Expr image, Expr y, Expr place, int first, int columns)
        {
            Expr[] At(Expr x) => OneAxis ? [image, x] : [image, y, x];

            Stmt Single(int n) => draft.Loop(config.Vectors, v => epilogue.Store(
                At(Build.Lane(place + (v * _lanes), _lanes)), first + n, 1, done[n, Build.Lane(v * _lanes, _lanes)]));

            Stmt Piece(int n, int size) => draft.Loop(TilePlaces / size, b =>
                draft.Let(Enumerable.Range(0, size).Select(c => done[n + c, Build.Lane(b * size, size)]), rows =>
                    Shuffling.Transpose(draft, rows, turned =>
                    {
                        Stmt StoreAt(Expr x, Expr sums) => epilogue.Store(At(place + (b * size) + x), first + n, size, sums);
                        if (!epilogue.HasFunctions)
                            return Stmt.Sequence(turned.Select((sums, i) => StoreAt(i, sums)));
                        var staged = draft.Local(DType.Float32, size, size);
                        return new Allocate(staged, Stmt.Sequence(
                            [.. turned.Select((sums, i) => staged.Store([i, Build.Lane(0, size)], sums)), draft.Loop(size, i => StoreAt(i, staged[i, Build.Lane(0, size)]))]));
                    })));

            if (epilogue.Moves)
            {
                return Stmt.Sequence(epilogue.Weaves(conv.Output.Shape.Rank, Enumerable.Range(first, columns)).Select(woven =>
                    woven.Count == 1 ? Single(woven[0] - first)
                    : draft.Loop(config.Vectors, v => epilogue.StoreWoven(
                        At(place + (v * _lanes)), woven, _lanes, n => done[n - first, Build.Lane(v * _lanes, _lanes)]))));
            }
            return Stmt.Sequence(VectorPieces.Of(columns, _lanes).SelectMany(p =>
                p.Lanes < 4 ? Enumerable.Range((int)p.Start, p.Lanes).Select(Single) : [Piece((int)p.Start, p.Lanes)]));
        }

        /// <summary>Channels-last weights [kernel..., I, O] as [tiles of columns, KH, I, KW, columns of a tile]; missing columns are zero.</summary>
        private static Tensor Pack(Tensor weights, PlanarWork work, int columns)
        {
            long groups = ContractionConfig.DivideUp(work.Columns, columns);
            var packed = Tensor.Zeros(weights.Type, Shape.Of(groups, work.KernelHeight, work.Channels, work.KernelWidth, columns));
            var source = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(weights.Bytes.Span);
            var target = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(packed.Bytes.Span);
            for (long o = 0; o < work.Columns; o++)
                for (long kh = 0; kh < work.KernelHeight; kh++)
                    for (long kw = 0; kw < work.KernelWidth; kw++)
                        for (long i = 0; i < work.Channels; i++)
                        {
                            long to = (((((((o / columns) * work.KernelHeight) + kh) * work.Channels) + i) * work.KernelWidth) + kw) * columns;
                            target[(int)(to + (o % columns))] = source[(int)((((((kh * work.KernelWidth) + kw) * work.Channels) + i) * work.Columns) + o)];
                        }
            return packed;
        }
    }
}
