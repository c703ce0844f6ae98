using Lathe.Compilation.Scheduling;
using Lathe.Compilation.Tuning;

namespace Lathe.Tests.Compilation.Tuning;

public class TuningSearchTests
{
    private const int Trials = 48;

    [Fact]
    public void Finds_better_schedules_than_as_many_drawn_at_random()
    {
        var task = Task(64, 192);
        var landscape = new Landscape();
        double searched = 0, drawn = 0;
        for (int seed = 1; seed <= 8; seed++)
        {
            searched += Math.Log(Search(landscape, Trials, seed, new TaskSearch(task, 10, 1))[0].BestRatio);
            var random = new Random(seed);
            drawn += Math.Log(task.Space.OrderBy(_ => random.Next()).Take(Trials).Min(s => landscape.RatioOf(task, s)));
        }
        Assert.True(searched < drawn - 0.2, $"searched {searched}, drawn {drawn}");
    }

    [Fact]
    public void Tasks_that_take_long_and_still_gain_get_the_most_trials()
    {
        var tasks = Search(new Landscape(), 96, 1, new TaskSearch(Task(64, 192), 10, 1), new TaskSearch(Task(32, 96), 0.1, 0.01));

        Assert.Equal(96, tasks.Sum(t => t.Trials));
        Assert.True(tasks[1].Trials >= 2);
        Assert.True(tasks[0].Trials > 4 * tasks[1].Trials, $"{tasks[0].Trials} and {tasks[1].Trials}");
    }

    [Fact]
    public void What_was_measured_before_counts_and_is_not_measured_again()
    {
        var task = Task(64, 192);
        var landscape = new Landscape();
        var before = Search(landscape, 20, 1, new TaskSearch(task, 10, 1))[0];
        var search = new TaskSearch(task, 10, 1);
        foreach (var (schedule, ratio) in before.Samples)
            search.Recall(schedule, ratio);
        Assert.Equal(20, search.Trials);
        Assert.Equal(before.BestRatio, search.BestRatio);

        landscape.Measured.Clear();
        Search(landscape, 30, 2, search);

        Assert.Equal(10, landscape.Measured.Distinct().Count());
        Assert.Empty(landscape.Measured.Intersect(before.Samples.Select(s => s.Schedule)));
    }

    [Theory]
    [InlineData(RecordStatus.Timeout)]
    [InlineData(RecordStatus.Error)]
    public void What_failed_before_is_not_measured_again(RecordStatus status)
    {
        var task = Task(64, 192);
        var small = task with { Space = [task.Default, .. task.Space.Where(s => s != task.Default).Take(20)] };
        var records = small.Space.Skip(1).Take(5).Select(s => SampleRecords.Of(s.ToString(), 0, task.Default.ToString()) with { Status = status, Milliseconds = 0, Reason = "it failed" }).ToList();
        var search = new TaskSearch(small, 10, 1);
        foreach (var (schedule, ratio) in ScheduleChoices.Known(records, task.Default, _ => 1))
            search.Recall(schedule, ratio);
        var landscape = new Landscape();

        Search(landscape, 1000, 1, search);

        Assert.Equal(small.Space.Skip(6).ToHashSet(), landscape.Measured.ToHashSet());
    }

    [Fact]
    public void A_space_is_exhausted_and_only_what_seems_far_better_is_measured_twice()
    {
        var task = Task(64, 192);
        var small = task with { Space = [task.Default, .. task.Space.Where(s => s != task.Default).Take(20)] };
        var landscape = new Landscape();

        Search(landscape, 1000, 1, new TaskSearch(small, 10, 1));

        Assert.Equal(small.Space.Skip(1).ToHashSet(), landscape.Measured.ToHashSet());
        foreach (var measured in landscape.Measured.GroupBy(s => s))
            Assert.InRange(measured.Count(), 1, landscape.RatioOf(small, measured.Key) < 0.9 ? 2 : 1);
    }

    [Fact]
    public void The_best_of_the_nearest_shape_is_tried_first()
    {
        var task = Task(64, 192);
        var start = task.Space[^1];
        var landscape = new Landscape();

        Search(landscape, 4, 1, [(Task(64, 384).Workload, start), (Task(16, 16).Workload, task.Space[^2])], new TaskSearch(task, 10, 1));

        Assert.Equal(start, landscape.Measured[0]);
        Assert.Equal(task.Space[^2], landscape.Measured[1]);
    }

    [Fact]
    public void Failures_are_learned_from_and_never_the_best()
    {
        var task = Task(64, 192);
        var tasks = Search(new Landscape { Fails = s => s["vectors"] > 1 }, 40, 1, new TaskSearch(task, 10, 1));

        Assert.All(tasks[0].Best, s => Assert.Equal(1, s["vectors"]));
        Assert.True(tasks[0].BestRatio <= 1);
    }

    [Fact]
    public void What_seems_far_better_than_all_before_is_measured_again_before_it_is_believed()
    {
        var task = Task(64, 192);
        var seen = new HashSet<Schedule>();
        var landscape = new Landscape { Error = s => seen.Add(s) && seen.Count % 5 == 0 ? 0.1 : 1 };

        var search = Search(landscape, 40, 1, new TaskSearch(task, 10, 1))[0];

        Assert.Equal(40, search.Trials);
        Assert.All(search.Samples, s => Assert.Equal(landscape.RatioOf(task, s.Schedule), s.Ratio));
        Assert.True(landscape.Measured.Count >= 48);
    }

    [Fact]
    public void Stops_when_told()
    {
        using var stop = new CancellationTokenSource();
        var landscape = new Landscape { Before = n => { if (n > 8) stop.Cancel(); } };

        Assert.ThrowsAny<OperationCanceledException>(() => Search(landscape, 1000, 1, [], stop.Token, new TaskSearch(Task(64, 192), 10, 1)));
        Assert.InRange(landscape.Measured.Count, 4, 40);
    }

    [Fact]
    public void Boosted_trees_learn_the_order_of_costs()
    {
        var random = new Random(1);
        float[] Row() => [.. Enumerable.Range(0, 6).Select(_ => random.NextSingle())];
        static float Cost(float[] x) => (3 * x[0]) + (x[1] > 0.5f ? x[2] : 1 - x[2]);
        float[][] rows = [.. Enumerable.Range(0, 300).Select(_ => Row())], others = [.. Enumerable.Range(0, 200).Select(_ => Row())];
        var model = new BoostedTrees();

        model.Train(rows, [.. rows.Select(Cost)]);
        float[] predicted = model.Predict(others);

        int pairs = 0, right = 0;
        for (int i = 0; i < others.Length; i++)
            for (int j = 0; j < i; j++, pairs++)
                right += predicted[i] < predicted[j] == Cost(others[i]) < Cost(others[j]) ? 1 : 0;
        Assert.True(right > 0.9 * pairs, $"{right} of {pairs}");
    }

    [Fact]
    public void XgBoost_learns_where_it_is_installed()
    {
        using var model = XgBoost.TryCreate();
        if (model is null)
            return;
        float[][] rows = [.. Enumerable.Range(0, 100).Select(i => new float[] { i, i % 7 })];
        model.Train(rows, [.. rows.Select(r => r[0] * r[0])]);
        float[] predicted = model.Predict([[10, 1], [50, 1], [90, 1]]);
        Assert.True(predicted[0] < predicted[1] && predicted[1] < predicted[2]);
    }

    private static TuningTask Task(int from, int to) => TuningModels.Of(TuningModels.Convolutions(1, from, to)).Tasks.Single();

    private static TaskSearch[] Search(Landscape landscape, int trials, int seed, params TaskSearch[] tasks) => Search(landscape, trials, seed, [], tasks);

    private static TaskSearch[] Search(Landscape landscape, int trials, int seed, IReadOnlyList<(Workload, Schedule)> foreign, params TaskSearch[] tasks) =>
        Search(landscape, trials, seed, foreign, CancellationToken.None, tasks);

    private static TaskSearch[] Search(
        Landscape landscape, int trials, int seed, IReadOnlyList<(Workload, Schedule)> foreign, CancellationToken stop, params TaskSearch[] tasks)
    {
        var features = new ScheduleFeatures(tasks.Select(t => t.Task), 16);
        new TuningSearch(tasks, features, new BoostedTrees(), landscape, foreign, (_, _) => { }, seed).Run(trials, () => false, _ => { }, stop);
        return tasks;
    }

    /// <summary>Times that follow from knobs by a formula with one narrow valley.</summary>
    private sealed class Landscape : IScheduleMeasurer
    {
        public List<Schedule> Measured { get; } = [];

        public Func<Schedule, bool> Fails { get; init; } = _ => false;

        public Action<int> Before { get; init; } = _ => { };

        /// <summary>What a measurement is multiplied by.</summary>
        public Func<Schedule, double> Error { get; init; } = _ => 1;

        public IReadOnlyList<Measurement> Measure(TuningTask task, IReadOnlyList<Schedule> schedules, int rounds, double bestRatio, CancellationToken stop)
        {
            Before(Measured.Count);
            stop.ThrowIfCancellationRequested();
            Measured.AddRange(schedules);
            return [.. schedules.Select(s => Fails(s) ? Measurement.Failed(s, RecordStatus.Error, "it was told to") : new Measurement(s, RecordStatus.Ok, [RatioOf(task, s) * Error(s)], [1]))];
        }

        public double RatioOf(TuningTask task, Schedule schedule) => Cost(schedule) / Cost(task.Default);

        private static double Cost(Schedule s) =>
            1 + Math.Abs(Math.Log2(s["rows"] / 5.0)) + Math.Abs(s["vectors"] - 3) + (0.5 * Math.Abs(Math.Log2(s["tiles"] / 4.0))) + (0.2 * Math.Abs(s["unroll"] - 2));
    }
}
