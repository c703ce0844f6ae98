using Lathe.Compilation.Scheduling;

namespace Lathe.Compilation.Tuning;

/// <summary>Tunes the tasks of a model together: spends each batch of trials where it is expected to save the most time.</summary>
/// <param name="foreign">Schedules that were good for other workloads.</param>
/// <param name="keep">Is given each measurement as soon as it is made.</param>
internal sealed class TuningSearch(
    IReadOnlyList<TaskSearch> tasks, ScheduleFeatures features, ICostModel costModel, IScheduleMeasurer measurer,
    IReadOnlyList<(Workload Workload, Schedule Schedule)> foreign, Action<TaskSearch, Measurement> keep, int seed = 1)
{
    private const int BatchSize = 8;
    private const int SmallestFirstBatch = 2;
    private const int LargestFirstBatch = 4;
    private const int Rounds = 5;
    private const int NearestWorkloads = 3;
    private const int MostSamples = 4000;

    /// <summary>Of the best time so far, what is less is not believed at once.</summary>
    private const double Surprise = 0.9;

    /// <summary>What a schedule that failed counts as, as a logarithm of its time over the default's.</summary>
    private const float FailureCost = 1.5f;

    private readonly Random _random = new(seed);
    private int _samplesLearned;

    public int Trials => tasks.Sum(t => t.Trials);

    /// <summary>Goes on until there are so many trials, nothing is left to try, or <paramref name="isOver"/>.</summary>
    /// <param name="progress">Is told after each batch of the task that it was for.</param>
    public void Run(int trials, Func<bool> isOver, Action<TaskSearch> progress, CancellationToken stop)
    {
        // Each gets a small batch before any gets a second one, the longest first.
        var first = new Queue<TaskSearch>(tasks.Where(t => t.Trials == 0 && !t.IsExhausted).OrderByDescending(t => t.Milliseconds));
        int firstBatch = Math.Clamp(trials / (2 * Math.Max(1, tasks.Count)), SmallestFirstBatch, LargestFirstBatch);
        while (Trials < trials && !isOver())
        {
            var (task, size) = first.TryDequeue(out var next) ? (next, firstBatch) : (tasks.MaxBy(t => t.ExpectedGain), BatchSize);
            if (task is null || task.IsExhausted)
                return;
            var batch = task.Propose(Math.Min(size, trials - Trials), StartsOf(task), RankOf(task), _random);
            if (batch.Count == 0)
                return;
            task.Learn(Measure(task, batch, stop));
            progress(task);
        }
    }

    /// <summary>
    /// What seems to be far better than all before is measured once more, and then that counts: it is often a neighbour that slowed the default down, and
    /// a search that believes it goes on for long where nothing is to be gained.
    /// </summary>
    private IReadOnlyList<Measurement> Measure(TaskSearch task, IReadOnlyList<Schedule> batch, CancellationToken stop)
    {
        IReadOnlyList<Measurement> Kept(IReadOnlyList<Schedule> schedules)
        {
            var results = measurer.Measure(task.Task, schedules, Rounds, task.BestRatio, stop);
            foreach (var result in results)
                keep(task, result);
            return results;
        }
        var first = Kept(batch);
        bool IsSurprising(Measurement m) => m.Status == RecordStatus.Ok && m.Ratio < task.BestRatio * Surprise;
        Schedule[] surprising = [.. first.Where(IsSurprising).Select(m => m.Schedule)];
        return surprising.Length == 0 ? first : [.. first.Where(m => !IsSurprising(m)), .. Kept(surprising)];
    }

    /// <summary>The best schedules of the workloads whose shapes are nearest, in this model and in others.</summary>
    private IEnumerable<Schedule> StartsOf(TaskSearch task) => tasks
        .Where(t => t != task && t.BestRatio < 1)
        .Select(t => (t.Task.Workload, Schedule: t.Best.First()))
        .Concat(foreign)
        .Select(f => (f.Schedule, Distance: f.Workload.DistanceTo(task.Task.Workload)))
        .Where(f => double.IsFinite(f.Distance))
        .OrderBy(f => f.Distance)
        .Select(f => f.Schedule)
        .Take(NearestWorkloads);

    private Func<IReadOnlyList<Schedule>, float[]>? RankOf(TaskSearch task)
    {
        var samples = tasks.SelectMany(t => t.Samples.Select(s => (Features: features.Of(t.Task, s.Schedule), Cost: s.Ratio > 0 ? (float)Math.Log(s.Ratio) : FailureCost)))
            .TakeLast(MostSamples).ToList();
        if (samples.Count < BatchSize)
            return null;
        if (samples.Count != _samplesLearned)
            costModel.Train([.. samples.Select(s => s.Features)], [.. samples.Select(s => Math.Clamp(s.Cost, -FailureCost, FailureCost))]);
        _samplesLearned = samples.Count;
        return schedules => costModel.Predict([.. schedules.Select(s => features.Of(task.Task, s))]);
    }
}
