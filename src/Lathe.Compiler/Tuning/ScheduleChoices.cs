using Lathe.Compilation.Scheduling;
using Lathe.Graphs;

namespace Lathe.Compilation.Tuning;

/// <summary>
/// Which schedules compilations take instead of the default, from tuning records. Only where a schedule measured clearly faster than the default
/// that the compilation would take, on a machine of the same name with as many threads, by generators of the same versions.
/// </summary>
public sealed class ScheduleChoices
{
    /// <summary>What a schedule must gain for its measurement to be believed.</summary>
    private const double MostRatio = 0.98;

    private readonly Dictionary<string, List<TuningRecord>> _byWorkload;

    /// <param name="records">In the order in which they were measured: of measurements of one kind, the last counts.</param>
    /// <param name="machine">See <see cref="TuningMachine"/>; records of others do not count.</param>
    public ScheduleChoices(IEnumerable<TuningRecord> records, string machine)
    {
        var all = records.ToList();
        _byWorkload = all.Where(r => r.Machine == machine).GroupBy(r => r.Hash).ToDictionary(g => g.Key, g => g.ToList());
        OtherMachines = all.Count(r => r.Machine != machine);
    }

    /// <summary>Records that do not count because they are of another machine or another number of threads.</summary>
    public int OtherMachines { get; }

    /// <summary>The schedule to take, or null where the default is the best that is known.</summary>
    internal Schedule? Find(Group group, IReadOnlySet<Value> materialized, Generators generators)
    {
        if (_byWorkload.Count == 0 || !_byWorkload.TryGetValue(Workload.Of(group, materialized).Hash, out var records))
            return null;
        var ranked = Faster(records, generators.Default(group), generators.VersionOf).ToList();
        if (ranked.Count == 0)
            return null;
        var space = generators.Space(group).ToHashSet();
        return ranked.FirstOrDefault(space.Contains);
    }

    /// <summary>The schedules of one workload's records that are clearly faster than the default, the fastest first.</summary>
    internal static IEnumerable<Schedule> Faster(IEnumerable<TuningRecord> records, Schedule standard, Func<string, int> versionOf)
    {
        var last = Last(records.Where(r => IsCurrent(r, versionOf)));
        bool settled = last.Any(r => r.Confirmed || r.Status == RecordStatus.Rejected);
        string name = standard.ToString();
        return last
            .Where(r => r.Status == RecordStatus.Ok && r.Schedule != name && (!settled || r.Confirmed))
            .Select(r => (r.Schedule, Scale: ScaleTo(name, r.Default, last), r.Ratio, r.RatioUpper))
            .Where(r => r.Ratio * r.Scale <= MostRatio && r.RatioUpper * r.Scale < 1)
            .OrderBy(r => r.Ratio * r.Scale)
            .Select(r => Schedule.TryParse(r.Schedule)!);
    }

    /// <summary>
    /// What one workload's records say of its schedules: times over those of the default, 1 for what was rejected within a model, 0 for what failed.
    /// </summary>
    internal static IEnumerable<(Schedule Schedule, double Ratio)> Known(IEnumerable<TuningRecord> records, Schedule standard, Func<string, int> versionOf)
    {
        var last = Last(records.Where(r => IsCurrent(r, versionOf)));
        string name = standard.ToString();
        foreach (var record in last)
        {
            double ratio = record.Status switch
            {
                RecordStatus.Ok => record.Ratio * ScaleTo(name, record.Default, last),
                RecordStatus.Rejected => 1,
                _ => 0,
            };
            if (double.IsFinite(ratio))
                yield return (Schedule.TryParse(record.Schedule)!, ratio);
        }
    }

    /// <summary>
    /// What has to be added to one workload's records so that they choose nothing: all that they would choose, at once or once the faster ones are
    /// rejected.
    /// </summary>
    internal static IReadOnlyList<TuningRecord> Rejections(IReadOnlyList<TuningRecord> records, Schedule standard, Func<string, int> versionOf, string reason)
    {
        var faster = Faster(records, standard, versionOf).Select(s => s.ToString()).ToHashSet();
        return
        [
            .. Last(records.Where(r => IsCurrent(r, versionOf))).Where(r => r.Status == RecordStatus.Ok && faster.Contains(r.Schedule))
                .Select(r => r with { Status = RecordStatus.Rejected, Confirmed = false, Reason = reason }),
        ];
    }

    /// <summary>
    /// For each schedule and default one record: the last that was confirmed or rejected, else the last.
    /// </summary>
    internal static IReadOnlyList<TuningRecord> Last(IEnumerable<TuningRecord> records) =>
        [.. records.GroupBy(r => (r.Schedule, r.Default)).Select(g => g.LastOrDefault(r => r.Confirmed || r.Status == RecordStatus.Rejected) ?? g.Last())];

    /// <summary>
    /// Ratios to the default of a record become ratios to today's by this factor; infinite where it was not measured against that.
    /// </summary>
    private static double ScaleTo(string standard, string recorded, IReadOnlyList<TuningRecord> records)
    {
        if (standard == recorded)
            return 1;
        var link = records.FirstOrDefault(r => r.Status == RecordStatus.Ok && r.Schedule == standard && r.Default == recorded);
        return link is null ? double.PositiveInfinity : 1 / link.Ratio;
    }

    internal static bool IsCurrent(TuningRecord record, Func<string, int> versionOf) =>
        record.Version == versionOf(GeneratorOf(record.Schedule)) && record.DefaultVersion == versionOf(GeneratorOf(record.Default));

    private static string GeneratorOf(string schedule) => schedule.Split(' ', 2)[0];
}
