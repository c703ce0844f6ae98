using System.Diagnostics;

namespace Lathe.Compilation.Tuning;

/// <summary>When the parts of tuning have to end so that all of it ends in time, and how much closing measurements there is time for.</summary>
/// <param name="clock">Runs since tuning began.</param>
/// <param name="budget">The time for everything; null for no limit.</param>
internal sealed class TimeBudget(Stopwatch clock, TimeSpan? budget)
{
    private const int StepRounds = 10;
    private const int LeastStepRounds = 4;
    private const int RaceRounds = 30;
    private const int LeastRaceRounds = 10;
    private const int MostRaceRounds = 300;

    /// <summary>Compiling the tuned model, and once more without what is rejected, takes so many times what the default took: most kernels are made already.</summary>
    private const double Recompilations = 1.3, LastRecompilation = 0.4;

    /// <summary>Of the budget, so much may go into comparing the model where fewer rounds would do.</summary>
    private const double ComparingShare = 0.2;

    /// <summary>Of the budget, so much goes into measuring the best again, but no more than <see cref="MostConfirming"/>.</summary>
    private const double ConfirmingShare = 0.15;

    /// <summary>A round of comparing steps runs both models twice, each after a run that does not count.</summary>
    private const double RunsPerStepRound = 6;

    private static readonly TimeSpan MostConfirming = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan SecondRace = TimeSpan.FromSeconds(10);

    private TimeSpan _compilation;
    private TimeSpan _stepRound;
    private TimeSpan _raceRound;

    public TimeSpan Elapsed => clock.Elapsed;

    /// <summary>When the best have to be confirmed, so that there is time to measure the model as a whole; <see cref="Expect"/> comes first.</summary>
    public TimeSpan ConfirmEnd => budget is { } all ? all - Settling(all) : TimeSpan.MaxValue;

    /// <summary>When the search has to end, so that there is time to measure the best again; <see cref="Expect"/> comes first.</summary>
    public TimeSpan SearchEnd => budget is { } all ? ConfirmEnd - Least(MostConfirming, all * ConfirmingShare) : TimeSpan.MaxValue;

    /// <summary>Says what the model takes to compile, and to run.</summary>
    public void Expect(TimeSpan compilation, double runMilliseconds)
    {
        _compilation = compilation;
        _stepRound = TimeSpan.FromMilliseconds(RunsPerStepRound * runMilliseconds);
        _raceRound = TimeSpan.FromMilliseconds(2 * (runMilliseconds + Math.Max(runMilliseconds, ModelRace.TurnMilliseconds)));
    }

    /// <summary>Asked before each step: whether one like the last two would not have ended by then.</summary>
    public Func<bool> EndsBefore(TimeSpan end)
    {
        var (last, step) = (Elapsed, TimeSpan.Zero);
        return () =>
        {
            var now = Elapsed;
            (step, last) = ((step + now - last) / 2, now);
            return now > end - step;
        };
    }

    /// <summary>How often steps are to be compared, where the model is compiled once more and compared as a whole after that.</summary>
    public int StepRoundsNow() => Rounds(StepRounds, LeastStepRounds, _stepRound, (LastRecompilation * _compilation) + (LeastRaceRounds * _raceRound));

    /// <summary>Whether there is time to check other schedules within the model, compile it once more after that, and compare it as a whole.</summary>
    public bool AllowsAnotherCheck() =>
        budget is not { } all || Elapsed + (2 * LastRecompilation * _compilation) + (LeastStepRounds * _stepRound) + (LeastRaceRounds * _raceRound) < all;

    /// <summary>How often the models are to be compared as wholes.</summary>
    public int RaceRoundsNow() => Rounds(RaceRounds, LeastRaceRounds, _raceRound, TimeSpan.Zero);

    /// <summary>
    /// How often they are to be compared once more where the first comparison did not favour the tuned one, so that gains of a percent are not lost to
    /// chance; 0 where there is no time to learn more by it.
    /// </summary>
    public int SecondRaceRoundsNow()
    {
        int most = _raceRound > TimeSpan.Zero ? (int)Math.Clamp(SecondRace / _raceRound, RaceRounds, MostRaceRounds) : RaceRounds;
        return Rounds(most, LeastRaceRounds, _raceRound, TimeSpan.Zero) is > LeastRaceRounds and var rounds ? rounds : 0;
    }

    /// <summary>What compiling the tuned model and comparing it to the default takes.</summary>
    private TimeSpan Settling(TimeSpan all)
    {
        var least = (LeastStepRounds * _stepRound) + (LeastRaceRounds * _raceRound);
        var most = (StepRounds * _stepRound) + (RaceRounds * _raceRound);
        var share = all * ComparingShare;
        return (Recompilations * _compilation) + (share < least ? least : Least(share, most));
    }

    private int Rounds(int most, int least, TimeSpan round, TimeSpan after) =>
        budget is { } all && round > TimeSpan.Zero ? (int)Math.Clamp((all - after - Elapsed) / round, least, most) : most;

    private static TimeSpan Least(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
