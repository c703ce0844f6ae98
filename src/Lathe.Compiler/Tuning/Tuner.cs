using System.Diagnostics;
using Lathe.Compilation.Diagnostics;
using Lathe.Compilation.Scheduling;
using Lathe.Graphs;
using Lathe.Runtime;

namespace Lathe.Compilation.Tuning;

/// <summary>Searches for the schedules that make a model's kernels the fastest on this machine.</summary>
/// <param name="status">Is told what is being done now, for people.</param>
/// <param name="progress">Is told how the search goes on.</param>
public sealed class Tuner(TuneRequest request, Action<string> status, Action<TuneProgress> progress)
{
    /// <summary>How many trials there are for each task where neither trials nor time are limited.</summary>
    public const int TrialsPerTask = 32;

    private const int ProfileRounds = 5;
    private const int Finalists = 3;
    private const int FinalRounds = 15;
    private const int StepRounds = 10;
    private const int RaceRounds = 30;
    private const double TurnMilliseconds = 20;

    /// <summary>Of what measured so much alone, the best are measured again for longer.</summary>
    private const double Promising = 0.99;

    /// <summary>Within the model, a schedule must take less of the default's time than this.</summary>
    private const double MostRatioInModel = 0.995;

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly CompileOptions _options = request.Options with { Choices = null };
    private readonly string _machine = TuningMachine.Of(request.Options.Target, request.Options.ThreadsToUse);
    private readonly List<TuningRecord> _records = [];
    private TimeSpan _settling;

    /// <summary>
    /// Tunes a model. When told to stop, gives up the measurement that is running and reports what there is. Throws a <see cref="ModelException"/>
    /// where the model cannot be compiled or the records file cannot be written.
    /// </summary>
    public TuneReport Run(Graph model, CancellationToken stop = default)
    {
        status("compiling the model");
        var compiler = new Compiler(_options, new PassLog());
        var tunable = new TunableModel(compiler.Optimize(model), _options);
        using var pool = new WorkerPool(_options.ThreadsToUse);
        var start = _clock.Elapsed;
        using var standard = SessionOf(model, choices: null, pool);
        var compilation = _clock.Elapsed - start;
        status("measuring the default");
        var steps = ModelRace.StepTimes(standard, ProfileRounds, stop);
        _settling = SettlingTime(compilation, steps.Sum(s => s.Milliseconds));
        var tasks = tunable.Tasks.Select(t => SearchOf(t, [.. t.Steps.Select(s => steps[s])])).ToList();
        using var measurer = new KernelMeasurer(
            tunable.Lower, _options, request.Runner, standard.Info.ParameterBytes + standard.Info.ArenaBytes, t => t.Steps.Average(s => steps[s].Milliseconds));

        using var file = RecordsFile.Append(request.RecordsPath);
        void Keep(TaskSearch task, Measurement measurement, bool confirmed) =>
            Add(file, measurement.ToRecord(task.Task, _machine, tunable.Generators.VersionOf, confirmed));
        Recall(tasks, tunable);
        var costModel = XgBoost.TryCreate() ?? (ICostModel)new BoostedTrees();
        int trials = request.Trials ?? (request.Budget is null ? TrialsPerTask * tasks.Count : 0);
        var race = default((double Default, double Tuned, double Ratio)?);
        int rejected = 0;
        bool interrupted = false;
        try
        {
            var search = new TuningSearch(
                tasks, new ScheduleFeatures(tunable.Tasks, tunable.Machine.Lanes(Tensors.DType.Float32)), costModel, measurer, Foreign(tunable),
                (task, measurement) => Keep(task, measurement, confirmed: false));
            search.Run(
                trials > 0 ? trials : int.MaxValue, EndsBefore(SearchEnd),
                task => progress(Progress(tasks, task, tasks.Sum(t => t.Trials), trials)), stop);
            foreach (var task in tasks.Where(t => t.Trials > 0))
                progress(Progress(tasks, task, task.Trials, task.Trials) with { IsDone = true });
            Confirm(tasks, measurer, (task, measurement) => Keep(task, measurement, confirmed: true), tunable, stop);
            (race, rejected) = Settle(model, standard, pool, tasks, tunable, file, stop);
        }
        catch (OperationCanceledException)
        {
            interrupted = true;
        }
        finally
        {
            (costModel as IDisposable)?.Dispose();
        }
        double total = steps.Sum(s => s.Milliseconds);
        return new(
            [.. tasks.Select((t, i) => Report(i + 1, t, tunable, total))], tunable.Groups.Count, tasks.Sum(t => t.Trials), costModel.Name,
            request.PeakGflops, race?.Default, race?.Tuned, race?.Ratio, rejected, interrupted, _clock.Elapsed.TotalSeconds);
    }

    /// <summary>When the model has to be measured as a whole, so that the budget holds.</summary>
    private TimeSpan ConfirmEnd => request.Budget is { } budget ? budget - _settling : TimeSpan.MaxValue;

    /// <summary>When the search has to end, so that there is time to measure the best again.</summary>
    private TimeSpan SearchEnd => request.Budget is { } budget ? ConfirmEnd - TimeSpan.FromSeconds(Math.Min(15, budget.TotalSeconds * 0.15)) : TimeSpan.MaxValue;

    /// <summary>Asked before each step: whether one like the last two would not have ended by then.</summary>
    private Func<bool> EndsBefore(TimeSpan end)
    {
        var (last, step) = (_clock.Elapsed, TimeSpan.Zero);
        return () =>
        {
            var now = _clock.Elapsed;
            (step, last) = ((step + now - last) / 2, now);
            return now > end - step;
        };
    }

    /// <summary>What compiling the model twice and comparing it to the default will take.</summary>
    private static TimeSpan SettlingTime(TimeSpan compilation, double runMilliseconds) =>
        (2 * compilation) + TimeSpan.FromMilliseconds((StepRounds * 6 * runMilliseconds) + (RaceRounds * (2 * runMilliseconds + (2 * Math.Max(runMilliseconds, TurnMilliseconds)))));

    private TaskSearch SearchOf(TuningTask task, IReadOnlyList<StepTime> steps)
    {
        double calls = steps.Sum(s => s.Calls);
        return new(task, steps.Sum(s => s.Milliseconds), calls * task.Flops / request.PeakGflops / 1e6) { Calls = calls };
    }

    private void Add(RecordsFile file, TuningRecord record)
    {
        file.Add(record);
        _records.Add(record);
    }

    /// <summary>Takes over what the records file and the other known records have measured of these tasks on this machine.</summary>
    private void Recall(List<TaskSearch> tasks, TunableModel tunable)
    {
        _records.AddRange(request.Known);
        foreach (var task in tasks)
        {
            foreach (var (schedule, ratio) in ScheduleChoices.Known(RecordsOf(task), task.Task.Default, tunable.Generators.VersionOf))
                task.Recall(schedule, ratio);
        }
    }

    /// <summary>For each workload of which there are records, what was the fastest on any machine.</summary>
    private List<(Workload, Schedule)> Foreign(TunableModel tunable)
    {
        var own = tunable.Tasks.Select(t => t.Workload.Hash).ToHashSet();
        return
        [
            .. _records.Where(r => r is { Status: RecordStatus.Ok, Ratio: < 1 } && !(own.Contains(r.Hash) && r.Machine == _machine))
                .GroupBy(r => r.Hash)
                .Select(g => (Workload.TryParse(g.First().Workload)!, Schedule.TryParse(g.MinBy(r => r.Ratio)!.Schedule)!)),
        ];
    }

    /// <summary>Measures the best of each task again, for longer: the least of many noisy times is less than it would be another time.</summary>
    private void Confirm(List<TaskSearch> tasks, KernelMeasurer measurer, Action<TaskSearch, Measurement> keep, TunableModel tunable, CancellationToken stop)
    {
        var isOver = EndsBefore(ConfirmEnd);
        foreach (var task in tasks.Where(t => t.BestRatio < Promising).OrderByDescending(t => t.Milliseconds * (1 - t.BestRatio)))
        {
            if (isOver())
                return;
            status($"measuring the best of {task.Task} again");
            var settled = ScheduleChoices.Last(RecordsOf(task).Where(r => ScheduleChoices.IsCurrent(r, tunable.Generators.VersionOf)))
                .Where(r => r.Confirmed || r.Status == RecordStatus.Rejected).Select(r => r.Schedule).ToHashSet();
            var finalists = task.Best.Take(Finalists).Where(s => !settled.Contains(s.ToString())).ToList();
            if (finalists.Count == 0)
                continue;
            foreach (var measurement in measurer.Measure(task.Task, finalists, FinalRounds, task.BestRatio, stop))
                keep(task, measurement);
        }
    }

    /// <summary>
    /// Compares the model with its chosen schedules to the default, rejects what is not faster there, and everything if the whole is not. Null where
    /// nothing is chosen.
    /// </summary>
    private ((double Default, double Tuned, double Ratio)? Race, int Rejected) Settle(
        Graph model, Session standard, WorkerPool pool, List<TaskSearch> tasks, TunableModel tunable, RecordsFile file, CancellationToken stop)
    {
        int rejected = 0;
        for (bool isWhole = false; ;)
        {
            var choices = Choices();
            var chosen = tasks.Where(t => ChoiceOf(t, choices, tunable) is not null).ToList();
            if (chosen.Count == 0)
                return (null, rejected);
            status("comparing the tuned model with the default");
            using var tuned = SessionOf(model, choices, pool);
            if (!isWhole)
            {
                double[] ratios = ModelRace.StepRatios(standard, tuned, [.. chosen.Select(t => t.Task.Steps)], StepRounds, stop);
                isWhole = true;
                var slower = chosen.Zip(ratios).Where(c => c.Second > MostRatioInModel).ToList();
                foreach (var (task, ratio) in slower)
                    Reject(task, ratio);
                if (slower.Count > 0)
                    continue;
            }
            var race = ModelRace.Whole(standard, tuned, RaceRounds, TurnMilliseconds, stop);
            if (race.Ratio >= 1)
                race = ModelRace.Whole(standard, tuned, RaceRounds * 2, TurnMilliseconds, stop);
            if (race.Ratio < 1)
                return (race, rejected);
            // The next best, too, which were not part of this.
            foreach (var record in chosen.SelectMany(t => ScheduleChoices.Rejections(RecordsOf(t), t.Task.Default, tunable.Generators.VersionOf, ReasonFor(race.Ratio))).ToList())
            {
                rejected++;
                Add(file, record);
            }
            return (race, rejected);

            void Reject(TaskSearch task, double ratio)
            {
                rejected++;
                var schedule = ChoiceOf(task, choices, tunable)!;
                var record = ScheduleChoices.Last(RecordsOf(task).Where(r => r.Schedule == schedule.ToString()))[^1];
                Add(file, record with { Status = RecordStatus.Rejected, Confirmed = false, Reason = ReasonFor(ratio) });
            }
        }
    }

    private static string ReasonFor(double ratio) => FormattableString.Invariant($"within the model it took {ratio:F3} of the default's time");

    private List<TuningRecord> RecordsOf(TaskSearch task) => [.. _records.Where(r => r.Machine == _machine && r.Hash == task.Task.Workload.Hash)];

    private ScheduleChoices Choices() => new(_records, _machine);

    private static Schedule? ChoiceOf(TaskSearch task, ScheduleChoices choices, TunableModel tunable) =>
        choices.Find(task.Task.Group, tunable.Materialized, tunable.Generators);

    private Session SessionOf(Graph graph, ScheduleChoices? choices, WorkerPool pool)
    {
        using var model = new Compiler(_options with { Choices = choices }, new PassLog()).Load(graph);
        var session = new Session(model, pool);
        ModelRace.Fill(session);
        return session;
    }

    private static double Gflops(TaskSearch task, double ratio) =>
        task.Milliseconds > 0 ? task.Calls * task.Task.Flops / (task.Milliseconds * ratio) / 1e6 : 0;

    private TuneProgress Progress(List<TaskSearch> tasks, TaskSearch task, int trials, int all) => new(
        tasks.IndexOf(task) + 1, tasks.Count, Gflops(task, task.LastRatio), Gflops(task, task.BestRatio), trials, all, _clock.Elapsed.TotalSeconds);

    private TaskReport Report(int number, TaskSearch task, TunableModel tunable, double total)
    {
        var choice = ChoiceOf(task, Choices(), tunable);
        double ratio = choice is null ? 1 : ScheduleChoices.Known(RecordsOf(task), task.Task.Default, tunable.Generators.VersionOf)
            .First(k => k.Schedule == choice).Ratio;
        double calls = Math.Max(task.Calls, 1);
        return new(
            number, task.Task.Workload.Brief, task.Task.Steps.Count, task.Trials, task.Milliseconds / calls, task.Milliseconds * ratio / calls,
            Gflops(task, 1), Gflops(task, ratio), total > 0 ? 100 * task.Milliseconds / total : 0, 100 * Gflops(task, ratio) / request.PeakGflops,
            task.Task.Default.ToString(), (choice ?? task.Task.Default).ToString(), choice is not null);
    }
}
