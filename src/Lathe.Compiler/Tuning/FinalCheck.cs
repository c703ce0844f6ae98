using Lathe.Compilation.Scheduling;
using Lathe.Runtime;

namespace Lathe.Compilation.Tuning;

/// <summary>
/// Measures again what a search found to be the best, alone and within the model, so that compilations take only what is faster there: the least of
/// many noisy times is less than it would be another time.
/// </summary>
/// <param name="status">Is told what is being done now, for people.</param>
internal sealed class FinalCheck(TunableModel model, IReadOnlyList<TaskSearch> tasks, TaskRecords records, TimeBudget time, Action<string> status)
{
    private const int Finalists = 3;
    private const int ConfirmingRounds = 15;

    /// <summary>How often others take the place of what was rejected within the model, and are measured there, too.</summary>
    private const int MostPasses = 2;

    /// <summary>Of what measured so much alone, the best are measured again for longer.</summary>
    private const double Promising = 0.99;

    /// <summary>Within the model, a schedule must take less of the default's time than this.</summary>
    private const double MostRatioInModel = 0.995;

    private readonly Dictionary<(string Workload, Schedule Schedule), double> _ratios = [];

    /// <summary>Schedules that were faster alone and not within the model.</summary>
    public int Rejected { get; private set; }

    /// <summary>Milliseconds of a run of the model, and the median of the turns' ratios; null where they were not compared.</summary>
    public (double Default, double Tuned, double Ratio)? Race { get; private set; }

    /// <summary>Measures the best of each task for longer, those first that promise the most, as long as there is time.</summary>
    public void Confirm(KernelMeasurer measurer, CancellationToken stop)
    {
        var isOver = time.EndsBefore(time.ConfirmEnd);
        foreach (var search in tasks.Where(t => t.BestRatio < Promising).OrderByDescending(t => t.Milliseconds * (1 - t.BestRatio)))
        {
            if (isOver())
                return;
            status($"measuring the best of {search.Task} again");
            var settled = records.SettledOf(search.Task);
            var finalists = search.Best.Take(Finalists).Where(s => !settled.Contains(s.ToString())).ToList();
            if (finalists.Count == 0)
                continue;
            foreach (var measurement in measurer.Measure(search.Task, finalists, ConfirmingRounds, search.BestRatio, stop))
                records.Add(search.Task, measurement, confirmed: true);
        }
    }

    /// <summary>
    /// Compares the model with its chosen schedules to the default; rejects what is not faster there, and everything if the whole is not. The next best of a
    /// task takes the place of what was rejected only if it is faster within the model, too.
    /// </summary>
    public void Settle(Session standard, WorkerPool pool, CancellationToken stop)
    {
        for (int pass = 1; Chosen() is { Count: > 0 } chosen; pass++)
        {
            status("comparing the tuned model with the default");
            using var tuned = model.Load(records.Choices, pool, stop);
            var unknown = chosen.Where(c => RatioWithinModel(c.Task, c.Schedule) is null).ToList();
            double[] ratios = ModelRace.StepRatios(standard, tuned, [.. unknown.Select(c => c.Task.Steps)], time.StepRoundsNow(), stop);
            foreach (var (choice, ratio) in unknown.Zip(ratios))
                _ratios[(choice.Task.Workload.Hash, choice.Schedule)] = ratio;
            var slower = unknown.Zip(ratios).Where(c => c.Second > MostRatioInModel).ToList();
            if (slower.Count == 0)
            {
                RaceWhole(chosen, standard, tuned, stop);
                return;
            }
            bool isLast = pass == MostPasses || !time.AllowsAnotherCheck();
            Rejected += slower.Sum(c => records.Reject(c.First.Task, c.First.Schedule, ReasonFor(c.Second), andOthers: isLast));
        }
    }

    /// <summary>Of the default's time, within the model; null where that was not measured.</summary>
    public double? RatioWithinModel(TuningTask task, Schedule schedule) =>
        _ratios.TryGetValue((task.Workload.Hash, schedule), out double ratio) ? ratio : null;

    private void RaceWhole(List<(TuningTask Task, Schedule Schedule)> chosen, Session standard, Session tuned, CancellationToken stop)
    {
        var race = ModelRace.Whole(standard, tuned, time.RaceRoundsNow(), stop);
        if (race.Ratio >= 1 && time.SecondRaceRoundsNow() is > 0 and var rounds)
            race = ModelRace.Whole(standard, tuned, rounds, stop);
        Race = race;
        if (race.Ratio >= 1)
            Rejected += chosen.Sum(c => records.Reject(c.Task, c.Schedule, ReasonFor(race.Ratio), andOthers: true));
    }

    private List<(TuningTask Task, Schedule Schedule)> Chosen()
    {
        var choices = records.Choices;
        return [.. tasks.Select(t => (t.Task, records.ChoiceOf(t.Task, choices))).Where(c => c.Item2 is not null).Select(c => (c.Task, c.Item2!))];
    }

    private static string ReasonFor(double ratio) => FormattableString.Invariant($"within the model it took {ratio:F3} of the default's time");
}
