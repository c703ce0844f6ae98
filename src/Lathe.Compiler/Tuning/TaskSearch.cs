using Lathe.Compilation.Scheduling;

namespace Lathe.Compilation.Tuning;

/// <summary>What is known of a task while it is tuned, and what to try next.</summary>
/// <param name="task">What is tuned.</param>
/// <param name="milliseconds">What all steps of the task take in a run of the model with their default.</param>
/// <param name="leastMilliseconds">What they would take at the machine's peak.</param>
internal sealed class TaskSearch(TuningTask task, double milliseconds, double leastMilliseconds)
{
    private const int Parents = 8;
    private const int Nearest = 24;
    private const int PoolSize = 192;

    /// <summary>Of a batch, so much is drawn without asking the cost model.</summary>
    private const double Exploration = 0.2;

    private const double Prior = 0.3;

    private readonly Dictionary<Schedule, double> _ratios = [];
    private readonly HashSet<Schedule> _tried = [task.Default];
    private readonly HashSet<Schedule> _space = [.. task.Space];
    private int _batches;
    private double _recentGain;

    public TuningTask Task => task;

    /// <summary>What all steps of the task take in a run of the model with their default.</summary>
    public double Milliseconds => milliseconds;

    /// <summary>Of its steps' kernels in a run: as many as there are steps, unless some are in a loop.</summary>
    public double Calls { get; init; } = task.Steps.Count;

    /// <summary>Schedules that were measured, the default left out.</summary>
    public int Trials => _tried.Count - 1;

    public bool IsExhausted => _tried.Count >= task.Space.Count;

    /// <summary>Of the default's time; 1 for the default itself.</summary>
    public double BestRatio => _ratios.Count == 0 ? 1 : Math.Min(1, _ratios.Values.Min());

    public double LastRatio { get; private set; } = 1;

    /// <summary>1e9 operations of the model's nodes a second, of a schedule that takes so much of the default's time; 0 where nothing runs.</summary>
    public double Gflops(double ratio) => milliseconds > 0 ? Calls * task.Flops / (milliseconds * ratio) / 1e6 : 0;

    /// <summary>What was tried, with times over the default's; 0 stands for a failure.</summary>
    public IEnumerable<(Schedule Schedule, double Ratio)> Samples => _tried.Where(s => s != task.Default).Select(s => (s, _ratios.GetValueOrDefault(s))).Append((task.Default, 1));

    /// <summary>The fastest, the first the best.</summary>
    public IEnumerable<Schedule> Best => _ratios.OrderBy(r => r.Value).Select(r => r.Key);

    /// <summary>
    /// Milliseconds of a run that another batch is expected to save: by how much the last ones did, by how far the machine's peak is, and the less the
    /// more batches there were.
    /// </summary>
    public double ExpectedGain
    {
        get
        {
            if (IsExhausted)
                return 0;
            double now = milliseconds * BestRatio;
            double room = Math.Clamp(1 - (leastMilliseconds / now), 0.05, 1);
            return now * ((0.7 * _recentGain) + (Prior * room / (1 + _batches)));
        }
    }

    /// <summary>Takes over what was measured before, a ratio of 0 standing for a failure.</summary>
    public void Recall(Schedule schedule, double ratio)
    {
        if (!_space.Contains(schedule) || schedule == task.Default)
            return;
        _tried.Add(schedule);
        if (ratio > 0)
            _ratios[schedule] = ratio;
    }

    public void Learn(IReadOnlyList<Measurement> batch)
    {
        double before = BestRatio;
        foreach (var measurement in batch)
            Recall(measurement.Schedule, measurement.Status == RecordStatus.Ok ? measurement.Ratio : 0);
        LastRatio = batch.LastOrDefault(m => m.Status == RecordStatus.Ok)?.Ratio ?? LastRatio;
        _recentGain = (_recentGain * 0.5) + (0.5 * (before - BestRatio) / before);
        _batches++;
    }

    /// <summary>Schedules to measure next, none of them twice. Fewer than asked for when there are no more.</summary>
    /// <param name="starts">Schedules that were good for the nearest shapes.</param>
    /// <param name="rank">Gives costs, the lower the better; null before there is anything to learn from.</param>
    public IReadOnlyList<Schedule> Propose(int count, IEnumerable<Schedule> starts, Func<IReadOnlyList<Schedule>, float[]>? rank, Random random)
    {
        var batch = new List<Schedule>();
        void Take(Schedule? schedule)
        {
            if (schedule is not null && batch.Count < count && !_tried.Contains(schedule) && !batch.Contains(schedule))
                batch.Add(schedule);
        }
        if (_batches == 0)
        {
            foreach (var first in task.Space.DistinctBy(s => s.Generator))
                Take(first);
            foreach (var start in starts)
                Take(_space.Contains(start) ? start : Near(start, 1, batch).FirstOrDefault());
        }
        var pool = Pool(random).Except(batch).ToList();
        if (rank is not null && pool.Count > 0)
        {
            float[] costs = rank(pool);
            int guided = (int)Math.Ceiling((count - batch.Count) * (1 - Exploration));
            foreach (var schedule in pool.Zip(costs).OrderBy(p => p.Second).Select(p => p.First).Take(guided).ToList())
                Take(schedule);
        }
        foreach (var schedule in Shuffled(pool, random))
            Take(schedule);
        // Only what is left of a nearly exhausted space.
        foreach (var schedule in batch.Count < count ? task.Space : [])
            Take(schedule);
        return batch;
    }

    /// <summary>Mutations and crossings of the best, and others.</summary>
    private HashSet<Schedule> Pool(Random random)
    {
        var pool = new HashSet<Schedule>();
        Schedule[] parents = [.. Best.Take(Parents).Append(task.Default).Distinct()];
        foreach (var parent in parents)
            pool.UnionWith(Near(parent, Nearest, []).OrderBy(_ => random.Next()).Take(PoolSize / 2 / parents.Length));
        for (int i = 0; i < PoolSize / 4 && parents.Length > 1; i++)
        {
            var (a, b) = (parents[random.Next(parents.Length)], parents[random.Next(parents.Length)]);
            if (a != b && a.Generator == b.Generator)
                pool.UnionWith(Near(Cross(a, b, random), 1, []));
        }
        for (int i = 0; i < PoolSize / 4; i++)
            pool.Add(task.Space[random.Next(task.Space.Count)]);
        pool.ExceptWith(_tried);
        return pool;
    }

    private static Schedule Cross(Schedule a, Schedule b, Random random) => new(
        a.Generator, [.. a.Knobs.Select(k => random.Next(2) == 0 ? k : b.Knobs.FirstOrDefault(o => o.Name == k.Name) is { Name: not null } other ? other : k)]);

    /// <summary>The nearest of the space that were not tried, by the logarithms of their knobs.</summary>
    private IEnumerable<Schedule> Near(Schedule schedule, int count, IReadOnlyCollection<Schedule> without) => task.Space
        .Where(s => s.Generator == schedule.Generator && !_tried.Contains(s) && !without.Contains(s))
        .OrderBy(s => Distance(s, schedule))
        .Take(count);

    private static double Distance(Schedule a, Schedule b) => a.Knobs.Sum(k => Math.Abs(
        Math.Log2(1 + Math.Abs(k.Value)) - Math.Log2(1 + Math.Abs(b.Knobs.FirstOrDefault(o => o.Name == k.Name).Value))));

    private static Schedule[] Shuffled(IReadOnlyList<Schedule> schedules, Random random)
    {
        Schedule[] result = [.. schedules];
        random.Shuffle(result);
        return result;
    }
}
