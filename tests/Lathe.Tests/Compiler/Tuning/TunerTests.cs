using Lathe.Cli.Tuning;
using Lathe.Compilation;
using Lathe.Compilation.Diagnostics;
using Lathe.Compilation.Tuning;
using Lathe.Graphs;
using Lathe.Runtime;
using Lathe.Tests.Targets.Llvm;
using Lathe.Tests.Tensors;
using CompileOptions = Lathe.Compilation.CompileOptions;

namespace Lathe.Tests.Compilation.Tuning;

public sealed class TunerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [LlvmFact]
    public void Tunes_a_model_and_takes_up_where_it_was_left()
    {
        var graph = TuningModels.Convolutions(1, 64, 96, 64);
        var first = Tune(graph, 6);
        Assert.Equal(2, first.Tasks.Count);
        Assert.Equal((6, 6), (first.Trials, first.Tasks.Sum(t => t.Trials)));
        Assert.Equal(6, Measured());
        Assert.All(Records, r => Assert.True(r.Status is RecordStatus.Ok or RecordStatus.Rejected, r.Reason));
        Assert.All(first.Tasks, t => Assert.True(t.GflopsBefore > 0 && t.GflopsAfter > 0));

        Assert.Equal(6, Tune(graph, 6).Trials);
        Assert.Equal(6, Measured());
        Assert.Equal(9, Tune(graph, 9).Trials);
        Assert.Equal(9, Measured());
    }

    [LlvmFact]
    public void A_model_compiled_with_its_records_computes_the_same()
    {
        var graph = TuningModels.Convolutions(1, 64, 96);
        var options = new CompileOptions(Compiled.Native, 1);
        var model = TuningModels.Of(graph, options);
        var task = model.Tasks.Single();
        string machine = TuningMachine.Of(options.Target, 1);
        var inputs = Compiled.RandomInputs(graph, 1);
        var expected = Compiled.Exact(graph, inputs);
        var random = new Random(1);
        foreach (var schedule in task.Space.Where(s => s != task.Default).OrderBy(_ => random.Next()).Take(5))
        {
            var record = new Measurement(schedule, RecordStatus.Ok, [0.5], [1]).ToRecord(task, machine, model.Generators.VersionOf);
            var tuned = new Compiler(options with { Choices = new([record], machine) }, new PassLog());
            Assert.Equal(1, tuned.Compile(graph).TunedSteps);
            using var loaded = tuned.Load(graph);
            using var session = new Session(loaded, 1);
            Compiled.AssertClose(expected, session.Run(inputs), 1e-4, 1e-3);
        }
    }

    [LlvmFact]
    public void A_run_that_is_told_to_stop_reports_what_there_is()
    {
        using var stop = new CancellationTokenSource();
        var report = Tune(TuningModels.Convolutions(1, 64, 96, 64), 1000, p =>
        {
            if (p.Trials >= 4)
                stop.Cancel();
        }, stop.Token);

        Assert.True(report.Interrupted);
        Assert.Equal(report.Trials, Measured());
        Assert.InRange(report.Trials, 4, 20);
        Assert.Null(report.Ratio);
    }

    [LlvmFact]
    public void A_run_that_is_told_to_stop_while_it_compiles_reports_that_nothing_was_measured()
    {
        var report = Tune(TuningModels.Convolutions(1, 64, 96), 1000, stop: new(canceled: true));

        Assert.True(report.Interrupted);
        Assert.Equal((0, 0), (report.Trials, report.Tasks.Count));
        Assert.False(File.Exists(_folder["r.jsonl"]));
    }

    /// <summary>Schedules that a search measured, once or, where one seemed far better than all before, twice.</summary>
    private int Measured() => Records.Where(r => r is { Confirmed: false, Status: not RecordStatus.Rejected }).DistinctBy(r => (r.Hash, r.Schedule)).Count();

    private IReadOnlyList<TuningRecord> Records => RecordsFile.Read(_folder["r.jsonl"]).Records;

    private TuneReport Tune(Graph graph, int trials, Action<TuneProgress>? progress = null, CancellationToken stop = default)
    {
        var options = new CompileOptions(Compiled.Native, 1);
        var request = new TuneRequest(options, _folder["r.jsonl"])
        {
            Runner = RunnerCommand.Of(options),
            Trials = trials,
            PeakGflops = 100,
            Known = File.Exists(_folder["r.jsonl"]) ? Records : [],
        };
        return new Tuner(request, _ => { }, progress ?? (_ => { })).Run(graph, stop);
    }
}
