using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Loops;
using Buffer = Lathe.Loops.Buffer;

namespace Lathe.Compilation.Kernels;

/// <summary>
/// The generator for attention (<see cref="AttentionChain"/>). A task takes a few queries of a head: it computes their scores for all keys into its own
/// memory, makes probabilities of them row by row, and multiplies these by the values. Scores stay in the second-level cache. Register tiles and passes
/// over rows are those of the single kernels.
/// </summary>
internal sealed class AttentionKernels(MachineFacts machine, IReadOnlySet<Value> materialized) : KernelGenerator(machine, materialized)
{
    public override string Name => "attention";

    public override bool Takes(Group group) => group.Producer is { Rows: not null };

    public override Schedule Default(Group group)
    {
        var chain = AttentionChain.Of(group);
        return AttentionConfig.For(chain, RowPlan.Of(chain.Probabilities, Materialized), Machine).ToSchedule(Name);
    }

    public override IEnumerable<Schedule> Space(Group group)
    {
        var chain = AttentionChain.Of(group);
        return AttentionConfig.Space(chain, RowPlan.Of(chain.Probabilities, Materialized), Machine).Select(c => c.ToSchedule(Name));
    }

    public override LoweredKernel Lower(Group group, Schedule schedule)
    {
        var draft = new KernelDraft(group);
        var chain = AttentionChain.Of(group);
        var plan = RowPlan.Of(chain.Probabilities, Materialized);
        var epilogue = new Epilogue(draft, group, Materialized, Machine);
        return epilogue.Finish(new Writer(draft, chain, plan, AttentionConfig.Of(chain, plan, schedule, Machine), epilogue, Materialized, Machine).Write());
    }

    private sealed class Writer
    {
        private readonly KernelDraft _draft;
        private readonly AttentionChain _chain;
        private readonly AttentionConfig _config;
        private readonly MachineFacts _machine;
        private readonly Buffer _queries;
        private readonly Buffer _scores;
        private readonly Buffer _probabilities;
        private readonly ContractionTiles _scoreTiles;
        private readonly RowWriter _rows;
        private readonly ContractionTiles _resultTiles;

        public Writer(KernelDraft draft, AttentionChain chain, RowPlan plan, AttentionConfig config, Epilogue last, IReadOnlySet<Value> materialized, MachineFacts machine)
        {
            (_draft, _chain, _config, _machine) = (draft, chain, config, machine);
            var element = chain.ScoresForm.Work.Element;
            long stride = chain.RowStride(machine);
            _queries = chain.ScoresForm.DataBuffer(draft);
            _scores = draft.Local(element, config.Queries, stride);
            _probabilities = draft.Local(element, config.Queries, stride);
            _scoreTiles = new(draft, chain.ScoresForm, config.Scores, new Epilogue(draft, chain.Scores, materialized, machine, _scores), machine, 1, config.Queries);
            _rows = new(
                draft, plan, chain.Keys, machine.Lanes(element), config.Rows.Rows, (int)config.Rows.Vectors,
                value => chain.Space.View(value)!, value => chain.AreScores(value) ? _scores : null);
            _resultTiles = new(draft, chain.ResultForm, config.Result, last, machine, 1, config.Queries);
        }

        public Stmt Write()
        {
            long blocks = ContractionConfig.DivideUp(_chain.Queries, _config.Queries);
            int threads = _chain.Macs < ContractionKernels.SerialMacs ? 1 : _machine.Threads;
            // The last block of an image is moved back so that it ends with it.
            return _draft.ParallelLoop(_chain.Images * blocks, threads, job => _draft.Let(
                [Build.FloorDiv(job, blocks), Build.Min(Build.FloorMod(job, blocks) * _config.Queries, _chain.Queries - _config.Queries)],
                at => new Allocate(_scores, new Allocate(_probabilities, Stmt.Sequence(Scores(at[0], at[1]), Probabilities(at[0], at[1]), Result(at[0], at[1]))))));
        }

        private Stmt Scores(Expr image, Expr first) => _scoreTiles.WriteAll(
            image,
            (place, _, _, c) => _chain.ScoresForm.DataAt(_queries, image, 0, first + place.Column, 0, 0, 0, c),
            place => _chain.ScoresForm.ResultPlace(image, 0, first + place.Column),
            place => [place.Number]);

        private Stmt Probabilities(Expr image, Expr first)
        {
            long[] outer = [.. _chain.Space.Outer];
            Expr[] Outer(Expr row) => outer[^1] == _chain.Queries
                ? [.. FlatIndex.Unravel(image, outer[..^1]), first + row]
                : FlatIndex.Unravel((image * _chain.Queries) + first + row, outer);
            long rows = _config.Rows.Rows;
            return _draft.Loop(ContractionConfig.DivideUp(_config.Queries, rows), block => _rows.Write(
                block * rows, Build.Min((block + 1) * rows, _config.Queries), Outer, (row, _, place, value) => _probabilities.Store([row, place], value)));
        }

        private Stmt Result(Expr image, Expr first) => _resultTiles.WriteAll(
            image,
            (place, _, _, c) => _probabilities[place.Number, c],
            place => _chain.ResultForm.ResultPlace(image, 0, first + place.Column));
    }
}
