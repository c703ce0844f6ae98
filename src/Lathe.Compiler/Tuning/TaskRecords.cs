using Lathe.Compilation.Scheduling;

namespace Lathe.Compilation.Tuning;

/// <summary>What is known of a model's tasks on this machine: the records there were, and what this run adds to them and to their file.</summary>
/// <param name="known">In the order in which they were measured.</param>
internal sealed class TaskRecords(RecordsFile file, IEnumerable<TuningRecord> known, TunableModel model, string machine)
{
    private readonly List<TuningRecord> _all = [.. known];

    /// <summary>What a compilation would take now.</summary>
    public ScheduleChoices Choices => new(_all, machine);

    public void Add(TuningTask task, Measurement measurement, bool confirmed) =>
        Add(measurement.ToRecord(task, machine, model.Generators.VersionOf, confirmed));

    /// <summary>The schedule that a compilation takes instead of the default; null where it takes that.</summary>
    public Schedule? ChoiceOf(TuningTask task, ScheduleChoices choices) => choices.Find(task.Group, model.Materialized, model.Generators);

    /// <summary>Times over the default's, 1 for what was rejected within a model, 0 for what failed.</summary>
    public IEnumerable<(Schedule Schedule, double Ratio)> RatiosOf(TuningTask task) => ScheduleChoices.Known(Of(task), task.Default, model.Generators.VersionOf);

    /// <summary>Schedules that were measured for long, or within the model.</summary>
    public IReadOnlySet<string> SettledOf(TuningTask task) =>
        ScheduleChoices.Last(Of(task).Where(r => ScheduleChoices.IsCurrent(r, model.Generators.VersionOf)))
            .Where(r => r.Confirmed || r.Status == RecordStatus.Rejected).Select(r => r.Schedule).ToHashSet();

    /// <summary>Has compilations not take a schedule that was faster alone. Says how many were rejected.</summary>
    /// <param name="andOthers">Whether those that might be taken instead are rejected with it, so that the default is.</param>
    public int Reject(TuningTask task, Schedule schedule, string reason, bool andOthers)
    {
        var rejections = ScheduleChoices.Rejections(Of(task), task.Default, model.Generators.VersionOf, reason)
            .Where(r => andOthers || r.Schedule == schedule.ToString()).ToList();
        foreach (var rejection in rejections)
            Add(rejection);
        return rejections.Select(r => r.Schedule).Distinct().Count();
    }

    /// <summary>For each workload that is not of this model or was measured elsewhere, what was the fastest.</summary>
    public List<(Workload Workload, Schedule Schedule)> Foreign()
    {
        var own = model.Tasks.Select(t => t.Workload.Hash).ToHashSet();
        return
        [
            .. _all.Where(r => r is { Status: RecordStatus.Ok, Ratio: < 1 } && !(own.Contains(r.Hash) && r.Machine == machine))
                .GroupBy(r => r.Hash)
                .Select(g => (Workload.TryParse(g.First().Workload)!, Schedule.TryParse(g.MinBy(r => r.Ratio)!.Schedule)!)),
        ];
    }

    private List<TuningRecord> Of(TuningTask task) => [.. _all.Where(r => r.Machine == machine && r.Hash == task.Workload.Hash)];

    private void Add(TuningRecord record)
    {
        file.Add(record);
        _all.Add(record);
    }
}
