using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Graphs.Ops;
using Lathe.Loops;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// The generator for chains of convolutions with a depthwise one or a pool among them (<see cref="BandChain"/>). A task goes through a band of output rows in steps: it
/// computes the data rows that the step's windows reach for the first time, into a ring of rows; then what the windows of the step give; then
/// the product after it. What lies between stays in the second-level cache, and only the rows where bands meet are computed twice.
/// </summary>
internal sealed class BandKernels(MachineFacts machine, IReadOnlySet<Value> materialized) : KernelGenerator(machine, materialized)
{
    public override string Name => "bands";

    public override int Version => 2;

    public override bool Takes(Group group) => group.Producer is { Rows: null };

    public override Schedule Default(Group group) => BandConfig.For(BandChain.Of(group), Machine).ToSchedule(Name);

    public override IEnumerable<Schedule> Space(Group group) => BandConfig.Space(BandChain.Of(group), Machine).Select(c => c.ToSchedule(Name));

    public override LoweredKernel Lower(Group group, Schedule schedule)
    {
        var draft = new KernelDraft(group);
        var chain = BandChain.Of(group);
        var epilogue = new Epilogue(draft, group, Materialized, Machine);
        return epilogue.Finish(new Writer(draft, chain, BandConfig.Of(chain, schedule, Machine), epilogue, Materialized, Machine).Write());
    }

    private sealed class Writer
    {
        private readonly KernelDraft _draft;
        private readonly BandChain _chain;
        private readonly BandConfig _config;
        private readonly MachineFacts _machine;
        private readonly int _lanes;
        private readonly Picture? _picture;
        private readonly Buffer? _data;
        private readonly Buffer? _ring;
        private readonly Buffer? _between;
        private readonly Func<Expr, Func<int, int, int, Expr>>? _weights;
        private readonly Epilogue _windowsEpilogue;
        private readonly WindowTile _tile;
        private readonly ContractionTiles? _expand;
        private readonly ContractionTiles? _project;

        public Writer(KernelDraft draft, BandChain chain, BandConfig config, Epilogue last, IReadOnlySet<Value> materialized, MachineFacts machine)
        {
            (_draft, _chain, _config, _machine) = (draft, chain, config, machine);
            var element = chain.Windows.Inner.Element;
            _lanes = machine.Lanes(element);
            if (chain.Expand is not null && OperandOrder.ReadsPlanes(chain.Expand.Anchor!))
                _picture = new(draft, chain, materialized, machine);
            else
                _data = draft.Input(chain.ExpandForm?.Data ?? chain.Data);
            if (chain.Expand is { } expand)
            {
                _ring = draft.Local(element, RingRows, chain.Data.Shape[2].Value, chain.Channels);
                _expand = new(draft, chain.ExpandForm!, config.Expand!, new Epilogue(draft, expand, materialized, machine, _ring), machine, 1, chain.DataWidth);
            }
            _weights = WindowTile.Weights(draft, chain.Windows.Anchor!);
            _tile = new(draft, chain.Window, element, config.Windows);
            _windowsEpilogue = last;
            if (chain.Project is not null)
            {
                _between = draft.Local(element, Rows * chain.Width, chain.Channels);
                _windowsEpilogue = new(draft, chain.Windows, materialized, machine, _between);
                _project = new(draft, chain.ProjectForm!, config.Project!, last, machine, Rows, chain.Width);
            }
        }

        /// <summary>Output rows of a step.</summary>
        private long Rows => _config.Windows.Rows;

        private long RingRows => _chain.DataRows(Rows);

        private long Stride => _chain.Window.Strides[0];

        public Stmt Write() => _draft.ParallelLoop(_chain.Images * _config.Bands, _machine.Threads, job => _draft.Let(
            [
                Build.FloorDiv(job, _config.Bands),
                Build.FloorDiv(Build.FloorMod(job, _config.Bands) * _chain.Height, _config.Bands),
                Build.FloorDiv((Build.FloorMod(job, _config.Bands) + 1) * _chain.Height, _config.Bands),
            ],
            at => WithMemory(Stmt.Sequence(FillSides(), _picture?.FillSides() ?? Stmt.Sequence(), Band(at[0], at[1], at[2])))));

        private Stmt WithMemory(Stmt body) =>
            new[] { _picture?.Frame, _ring, _between }.OfType<Buffer>().Aggregate(body, (inner, buffer) => new Allocate(buffer, inner));

        /// <summary>The steps through rows <paramref name="begin"/> to <paramref name="end"/>; the last is moved back so that it ends with the band.</summary>
        private Stmt Band(Expr image, Expr begin, Expr end)
        {
            var steps = Build.FloorDiv(end - begin + (Rows - 1), Rows);
            var step = _draft.Variable("step");
            return new For(step, 0, steps, LoopKind.Serial, _draft.Let([Build.Min(begin + (step * Rows), end - Rows)], row => Stmt.Sequence([
                .. _ring is null ? Array.Empty<Stmt>() : [ExpandRows(image, begin, begin + (step * Rows), row[0])],
                WindowRows(image, row[0]),
                .. _project is null ? Array.Empty<Stmt>() : [ProjectRows(image, row[0])],
            ])));
        }

        /// <summary>The data rows of a step that the step before did not read.</summary>
        private Stmt ExpandRows(Expr image, Expr begin, Expr nominal, Expr row)
        {
            // Strides wider than the window leave rows that nothing reads.
            var first = Build.Max(row * Stride, ((nominal - 1) * Stride) + _chain.DataRows(1));
            var from = Build.Select(Build.Equal(nominal, begin), begin * Stride, first);
            var line = _draft.Variable("line");
            return new For(line, from, (row * Stride) + RingRows, LoopKind.Serial, ExpandRow(image, begin, line));
        }

        private Stmt ExpandRow(Expr image, Expr begin, Expr line)
        {
            var halo = _chain.Expand!.Halo;
            long top = halo?.Before[1] ?? 0, left = halo?.Before[2] ?? 0, height = _chain.Expand.Inner.Shape[1].Value;
            return _draft.Let([line - top, Build.FloorMod(line, RingRows)], at =>
            {
                var product = _expand!.WriteAll(
                    0,
                    (place, kh, kw, c) => _picture is null
                        ? _chain.ExpandForm!.DataAt(_data!, 0, (image * height) + at[0], place.Column, 0, kh, kw, c)
                        : _picture.Datum(image, at[0], place.Column, kh, kw, c),
                    place => [image, at[0], place.Column],
                    place => [at[1], place.Column + left],
                    _picture is null ? null : tile => _picture.Ahead(image, at[0], tile, _expand.Count));
                if (_picture is not null)
                    product = Stmt.Sequence(_picture.CopyRows(image, at[0], Build.Max((begin * Stride) - top, 0)), product);
                if (halo is null)
                    return product;
                var inside = Build.Binary(BinaryOp.And, Build.Compare(CompareOp.LessEqual, 0, at[0]), Build.Compare(CompareOp.Less, at[0], height));
                return new If(inside, product, Fill(halo, at[1], left, _chain.DataWidth));
            });
        }

        /// <summary>The padding in the ring's columns left and right of the image, which nothing overwrites.</summary>
        private Stmt FillSides()
        {
            if (_chain.Expand?.Halo is not { } halo)
                return Stmt.Sequence();
            return _draft.Loop(RingRows, slot => Stmt.Sequence(
                Fill(halo, slot, 0, halo.Before[2]), Fill(halo, slot, halo.Before[2] + _chain.DataWidth, halo.After[2])));
        }

        private Stmt Fill(Pad halo, Expr slot, long column, long count) => count == 0 ? Stmt.Sequence() : _draft.Loop(count, i =>
            ForChannels((channel, lanes) => _ring!.Store([slot, i + column, Build.Lane(channel, lanes)], halo.Fill(_ring.Element))));

        private Stmt WindowRows(Expr image, Expr row)
        {
            var window = _chain.Window;
            int places = _config.Windows.Places;
            var lines = Enumerable.Range(0, (int)RingRows).Select(y => _ring is null ? (row * Stride) + y : Build.FloorMod((row * Stride) + y, RingRows));
            return _draft.Let(lines, line => _draft.Loop(ContractionConfig.DivideUp(_chain.Width, places), t =>
                _draft.Let([Build.Min(t * places, _chain.Width - places)], column => ForChannels((channel, lanes) =>
                {
                    var channels = Build.Lane(channel, lanes);
                    return _tile.Write(
                        lanes,
                        (y, x) => _ring is null
                            ? _data![image, line[y], (column[0] * window.Strides[1]) + x, channels]
                            : _ring[line[y], (column[0] * window.Strides[1]) + x, channels],
                        _weights?.Invoke(channels),
                        (r, p, sum) => _windowsEpilogue.Store(
                            [image, row + r, column[0] + p], channel, lanes, sum,
                            _between is null ? null : [column[0] + ((r * _chain.Width) + p)]));
                }))));
        }

        private Stmt ProjectRows(Expr image, Expr row) => _project!.WriteAll(
            0,
            (place, _, _, c) => _between![place.Number, c],
            place => [image, row + place.Row, place.Column]);

        private Stmt ForChannels(Func<Expr, int, Stmt> body) => VectorPieces.Loop(_draft, _chain.Channels, _lanes, body);
    }
}
