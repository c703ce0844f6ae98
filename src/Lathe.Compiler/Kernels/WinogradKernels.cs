using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Lathe.Tensors;
using static Lathe.Compilation.Kernels.WinogradTransform;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// The generator for 3x3 convolutions of stride 1 by Winograd's method: data tiles are transformed for a block of tiles,
/// each of the 36 products is a matrix product over channels, and a panel of columns is transformed back while it is in the
/// cache. Tiles at the right and lower edge are moved inwards, so that none reaches over the image.
/// </summary>
internal sealed class WinogradKernels(MachineFacts machine, IReadOnlySet<Value> materialized) : KernelGenerator(machine, materialized)
{
    /// <summary>Beyond this the transformed weights, four times the size of the weights, come from memory and cost more than they save.</summary>
    private const long WeightBytesLimit = 12 << 20;

    public override string Name => "winograd";

    public override bool Takes(Group group)
    {
        if (group.Anchor is not { Op: Conv { Layout: Layout.ChannelsLast, Groups: 1 } conv } node || node.Inputs[1].Constant is null || node.Output.Element != DType.Float32)
            return false;
        var window = conv.Window;
        if (window.Rank != 2 || window.HasPadding || window.Kernel.Any(k => k != 3) || window.Strides.Concat(window.Dilations).Any(s => s != 1))
            return false;
        int lanes = Machine.Lanes(DType.Float32);
        return node.Output.Shape[1].Value >= Outputs && node.Output.Shape[2].Value >= Outputs
            && node.Inputs[0].Shape[3].Value >= lanes && node.Output.Shape[3].Value >= lanes;
    }

    public override bool Pays(Group group)
    {
        long[] shape = group.Anchor!.Output.Shape.ToArray();
        long inputs = group.Anchor.Inputs[0].Shape[3].Value, outputs = shape[3];
        if (4L * Products * inputs * outputs > WeightBytesLimit)
            return false;
        // Multiply-adds of either way; a transformed element counts as the operations of its transform.
        double tiles = (double)ContractionConfig.DivideUp(shape[1], Outputs) * ContractionConfig.DivideUp(shape[2], Outputs);
        double direct = 9.0 * shape[1] * shape[2] * inputs * outputs;
        return 1.1 * tiles * ((Products * inputs * outputs) + (250 * inputs) + (180 * outputs)) < direct;
    }

    public override Schedule Default(Group group) => WinogradConfig.For(group.Anchor!, Machine).ToSchedule(Name);

    public override IEnumerable<Schedule> Space(Group group) => WinogradConfig.Space(group.Anchor!, Machine).Select(c => c.ToSchedule(Name));

    public override LoweredKernel Lower(Group group, Schedule schedule)
    {
        var draft = new KernelDraft();
        var epilogue = new Epilogue(draft, group, Materialized, Machine);
        return epilogue.Finish(new Writer(draft, group.Anchor!, WinogradConfig.Of(schedule), epilogue, Machine).Write());
    }

    private sealed class Writer
    {
        private readonly KernelDraft _draft;
        private readonly Epilogue _epilogue;
        private readonly MachineFacts _machine;
        private readonly int _lanes;
        private readonly long[] _shape;
        private readonly long _inputs;
        private readonly long _tilesAcross;
        private readonly long _tiles;
        private readonly long _blockTiles;
        private readonly long _jobTiles;
        private readonly ContractionConfig _config;
        private readonly Buffer _data;
        private readonly Buffer _weights;
        private readonly Buffer _transformed;

        public Writer(KernelDraft draft, Node conv, WinogradConfig config, Epilogue epilogue, MachineFacts machine)
        {
            (_draft, _epilogue, _machine) = (draft, epilogue, machine);
            _lanes = machine.Lanes(DType.Float32);
            _shape = conv.Output.Shape.ToArray();
            _inputs = conv.Inputs[0].Shape[3].Value;
            _tilesAcross = ContractionConfig.DivideUp(_shape[2], Outputs);
            _tiles = ContractionConfig.DivideUp(_shape[1], Outputs) * _tilesAcross;
            (_blockTiles, _jobTiles, _config) = (config.BlockTiles, config.JobTiles, config.Products);
            _data = draft.Input(conv.Inputs[0]);
            _weights = draft.Parameter(Pack(conv.Inputs[1].Constant!, _inputs, Columns, PanelColumns));
            _transformed = draft.Scratch(DType.Float32, Products, _blockTiles, _inputs);
        }

        private long Columns => _shape[3];

        private long PanelColumns => (long)_config.Vectors * _lanes;

        public Stmt Write()
        {
            long blocks = ContractionConfig.DivideUp(_tiles, _blockTiles);
            long panels = ContractionConfig.DivideUp(Columns, PanelColumns);
            long rest = Columns % PanelColumns;
            long jobs = ContractionConfig.DivideUp(_blockTiles, _jobTiles);

            return _draft.Loop(_shape[0], image => _draft.Loop(blocks, block => _draft.Let([Build.Min(block * _blockTiles, _tiles - _blockTiles)], first => Stmt.Sequence(
                _draft.ParallelLoop(_blockTiles, _machine.Threads, tile => TransformData(image, first[0], tile)),
                _draft.ParallelLoop(panels * jobs, _machine.Threads, job => _draft.Let([Build.FloorDiv(job, jobs), Build.Min(Build.FloorMod(job, jobs) * _jobTiles, _blockTiles - _jobTiles)], at =>
                    rest == 0 ? Job(image, first[0], at[0], at[1], PanelColumns)
                    : panels == 1 ? Job(image, first[0], at[0], at[1], rest)
                    : new If(at[0] < panels - 1, Job(image, first[0], at[0], at[1], PanelColumns), Job(image, first[0], at[0], at[1], rest))))))));
        }

        /// <summary>Where a tile's outputs begin.</summary>
        private Expr[] Corner(Expr tile) =>
        [
            Build.Min(Build.FloorDiv(tile, _tilesAcross) * Outputs, _shape[1] - Outputs),
            Build.Min(Build.FloorMod(tile, _tilesAcross) * Outputs, _shape[2] - Outputs),
        ];

        private Stmt TransformData(Expr image, Expr firstTile, Expr tile) => _draft.Let(Corner(firstTile + tile), corner =>
        {
            Stmt Channels(Expr channel, int lanes)
            {
                var half = _draft.Local(DType.Float32, Products, lanes);
                Expr[] Half(int i, int j) => [(i * Size) + j, Build.Lane(0, lanes)];
                var columns = Enumerable.Range(0, Size).Select(j => _draft.Let(
                    Enumerable.Range(0, Size).Select(i => _data[image, corner[0] + i, corner[1] + j, Build.Lane(channel, lanes)]),
                    d => Stmt.Sequence(Times(Data, d).Select((value, i) => half.Store(Half(i, j), value)))));
                var rows = Enumerable.Range(0, Size).Select(i => _draft.Let(
                    Enumerable.Range(0, Size).Select(j => half[Half(i, j)]),
                    d => Stmt.Sequence(Times(Data, d).Select((value, j) => _transformed.Store([(i * Size) + j, tile, Build.Lane(channel, lanes)], value)))));
                return new Allocate(half, Stmt.Sequence([.. columns, .. rows]));
            }

            long full = _inputs / _lanes;
            var rest = VectorPieces.Of(_inputs % _lanes, _lanes).Select(p => Channels((full * _lanes) + p.Start, p.Lanes));
            return Stmt.Sequence([_draft.Loop(full, v => Channels(v * _lanes, _lanes)), .. rest]);
        });

        /// <summary>The products of some tiles and a panel of columns, then their way back.</summary>
        private Stmt Job(Expr image, Expr firstTile, Expr panel, Expr jobTile, long columns)
        {
            var products = _draft.Local(DType.Float32, Products, _jobTiles, PanelColumns);
            var vectors = RegisterTile.WholeVectors(columns, _lanes);

            var multiply = _draft.Loop(Products, product => _draft.Loop(ContractionConfig.DivideUp(_jobTiles, _config.Rows), rows =>
                _draft.Let([Build.Min(rows * _config.Rows, _jobTiles - _config.Rows)], row =>
                {
                    var tile = new RegisterTile(_draft, DType.Float32, _config.Rows, vectors, PanelColumns);
                    var sum = _draft.Loop(_inputs / _config.Unroll, step => Stmt.Sequence(Enumerable.Range(0, _config.Unroll).Select(u =>
                    {
                        var c = (step * _config.Unroll) + u;
                        return tile.Step(v => _weights[panel, product, c, Build.Lane(v.Start, v.Lanes)], r => _transformed[product, jobTile + row[0] + r, c]);
                    })));
                    var keep = tile.ForAll((r, v) => products.Store([product, row[0] + r, Build.Lane(v.Start, v.Lanes)], tile.Sums[RegisterTile.Place(r, v)]));
                    return new Allocate(tile.Sums, Stmt.Sequence(tile.Zero(), sum, keep));
                })));

            long full = columns / _lanes;
            var back = _draft.Loop(_jobTiles, tile => _draft.Let(Corner(firstTile + jobTile + tile), corner => Stmt.Sequence(
                full == 0 ? Stmt.Sequence() : _draft.Loop(full, v => TransformBack(products, image, corner, tile, panel, v * _lanes, _lanes)),
                columns % _lanes == 0 ? Stmt.Sequence() : TransformBack(products, image, corner, tile, panel, full * _lanes, columns % _lanes))));
            return new Allocate(products, Stmt.Sequence(multiply, back));
        }

        private Stmt TransformBack(Buffer products, Expr image, Expr[] corner, Expr tile, Expr panel, Expr column, long columns)
        {
            var half = _draft.Local(DType.Float32, Outputs * Size, _lanes);
            var done = _draft.Local(DType.Float32, Outputs * Outputs, _lanes);
            var all = Build.Lane(0, _lanes);
            var down = Enumerable.Range(0, Size).Select(j => _draft.Let(
                Enumerable.Range(0, Size).Select(i => products[(i * Size) + j, tile, Build.Lane(column, _lanes)]),
                m => Stmt.Sequence(Times(Output, m).Select((value, i) => half.Store([(i * Size) + j, all], value)))));
            var across = Enumerable.Range(0, Outputs).Select(i => _draft.Let(
                Enumerable.Range(0, Size).Select(j => half[(i * Size) + j, all]),
                m => Stmt.Sequence(Times(Output, m).Select((value, j) => done.Store([(i * Outputs) + j, all], value)))));
            var store = _draft.Loop(Outputs, i => _draft.Loop(Outputs, j => Stmt.Sequence(VectorPieces.Of(columns, _lanes).Select(piece => _epilogue.Store(
                [image, corner[0] + i, corner[1] + j],
                (panel * PanelColumns) + column + piece.Start,
                piece.Lanes,
                done[(i * Outputs) + j, Build.Lane(piece.Start, piece.Lanes)])))));
            return new Allocate(done, Stmt.Sequence(new Allocate(half, Stmt.Sequence([.. down, .. across])), store));
        }
    }
}
