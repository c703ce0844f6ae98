using Lathe.Compilation.Diagnostics;
using Lathe.Graphs;
using Lathe.Runtime;
using Lathe.Tensors;

namespace Lathe.Compilation.Tuning;

/// <summary>Searches for the schedules that make a model's kernels the fastest on this machine.</summary>
/// <param name="status">Is told what is being done now, for people.</param>
/// <param name="progress">Is told how the search goes on.</param>
public sealed class Tuner(TuneRequest request, Action<string> status, Action<TuneProgress> progress)
{
    /// <summary>How many trials there are for each task where neither trials nor time are limited.</summary>
    public const int TrialsPerTask = 32;

    private const int ProfileRounds = 5;

    private readonly CompileOptions _options = request.Options with { Choices = null };
    private readonly TimeBudget _time = new(request.Clock, request.Budget);
    private readonly ICostModel _costModel = XgBoost.TryCreate() ?? (ICostModel)new BoostedTrees();

    /// <summary>
    /// Tunes a model. When told to stop, gives up the measurement that is running and reports what there is. Throws a <see cref="ModelException"/>
    /// where the model cannot be compiled or the records file cannot be written.
    /// </summary>
    public TuneReport Run(Graph model, CancellationToken stop = default)
    {
        using var file = RecordsFile.Append(request.RecordsPath);
        using var pool = new WorkerPool(_options.ThreadsToUse);
        using var learned = _costModel as IDisposable;
        var subject = default(Subject);
        try
        {
            status("compiling the model");
            var tunable = new TunableModel(new Compiler(_options, new PassLog()).Optimize(model), _options);
            var start = _time.Elapsed;
            using var standard = tunable.Load(choices: null, pool, stop);
            var compilation = _time.Elapsed - start;
            status("measuring the default");
            var steps = ModelRace.StepTimes(standard, ProfileRounds, stop);
            _time.Expect(compilation, steps.Sum(s => s.Milliseconds));
            subject = SubjectOf(tunable, steps, file);
            using var measurer = new KernelMeasurer(
                tunable.Lower, _options, request.Runner, standard.Info.ParameterBytes + standard.Info.ArenaBytes, t => t.Steps.Average(s => steps[s].Milliseconds));
            Search(subject, measurer, stop);
            subject.Check.Confirm(measurer, stop);
            subject.Check.Settle(standard, pool, stop);
        }
        catch (OperationCanceledException)
        {
            return Report(subject, interrupted: true);
        }
        return Report(subject, interrupted: false);
    }

    private Subject SubjectOf(TunableModel model, StepTime[] steps, RecordsFile file)
    {
        var records = new TaskRecords(file, request.Known, model, TuningMachine.Of(_options.Target, _options.ThreadsToUse));
        TaskSearch[] tasks = [.. model.Tasks.Select(t => SearchOf(t, [.. t.Steps.Select(s => steps[s])], records))];
        return new(model, tasks, records, new FinalCheck(model, tasks, records, _time, status), steps.Sum(s => s.Milliseconds));
    }

    /// <summary>With what was measured of the task on this machine before.</summary>
    private TaskSearch SearchOf(TuningTask task, IReadOnlyList<StepTime> steps, TaskRecords records)
    {
        double calls = steps.Sum(s => s.Calls);
        var search = new TaskSearch(task, steps.Sum(s => s.Milliseconds), calls * task.Flops / request.PeakGflops / 1e6) { Calls = calls };
        foreach (var (schedule, ratio) in records.RatiosOf(task))
            search.Recall(schedule, ratio);
        return search;
    }

    private void Search(Subject subject, IScheduleMeasurer measurer, CancellationToken stop)
    {
        var tasks = subject.Tasks;
        int trials = request.Trials ?? (request.Budget is null ? TrialsPerTask * tasks.Count : 0);
        var features = new ScheduleFeatures(subject.Model.Tasks, subject.Model.Machine.Lanes(DType.Float32));
        var search = new TuningSearch(
            tasks, features, _costModel, measurer, subject.Records.Foreign(), (task, measurement) => subject.Records.Add(task.Task, measurement, confirmed: false));
        search.Run(
            trials > 0 ? trials : int.MaxValue, _time.EndsBefore(_time.SearchEnd), task => progress(Progress(tasks, task, search.Trials, trials)), stop);
        foreach (var task in tasks.Where(t => t.Trials > 0))
            progress(Progress(tasks, task, task.Trials, task.Trials) with { IsDone = true });
    }

    private TuneProgress Progress(IReadOnlyList<TaskSearch> tasks, TaskSearch task, int trials, int all) => new(
        tasks.Index().First(t => t.Item == task).Index + 1, tasks.Count, task.Gflops(task.LastRatio), task.Gflops(task.BestRatio), trials, all, _time.Elapsed.TotalSeconds);

    private TuneReport Report(Subject? subject, bool interrupted)
    {
        var race = subject?.Check.Race;
        return new(
            subject is null ? [] : [.. subject.Tasks.Select((t, i) => Report(i + 1, t, subject))], subject?.Model.Groups.Count ?? 0, subject?.Tasks.Sum(t => t.Trials) ?? 0,
            _costModel.Name, request.PeakGflops, race?.Default, race?.Tuned, race?.Ratio, subject?.Check.Rejected ?? 0, interrupted, _time.Elapsed.TotalSeconds);
    }

    private TaskReport Report(int number, TaskSearch search, Subject subject)
    {
        var task = search.Task;
        var choice = subject.Records.ChoiceOf(task, subject.Records.Choices);
        double ratio = choice is null ? 1 : subject.Check.RatioWithinModel(task, choice) ?? subject.Records.RatiosOf(task).First(k => k.Schedule == choice).Ratio;
        double calls = Math.Max(search.Calls, 1);
        return new(
            number, task.Workload.Brief, task.Steps.Count, search.Trials, search.Milliseconds / calls, search.Milliseconds * ratio / calls,
            search.Gflops(1), search.Gflops(ratio), subject.Milliseconds > 0 ? 100 * search.Milliseconds / subject.Milliseconds : 0,
            100 * search.Gflops(ratio) / request.PeakGflops, task.Default.ToString(), (choice ?? task.Default).ToString(), choice is not null);
    }

    /// <summary>What is tuned, as soon as the default is compiled and measured.</summary>
    /// <param name="Milliseconds">Of all steps of a run with their defaults.</param>
    private sealed record Subject(TunableModel Model, IReadOnlyList<TaskSearch> Tasks, TaskRecords Records, FinalCheck Check, double Milliseconds);
}
