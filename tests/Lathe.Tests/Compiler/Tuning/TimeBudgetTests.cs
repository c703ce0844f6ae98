using System.Diagnostics;
using Lathe.Compilation.Tuning;

namespace Lathe.Tests.Compilation.Tuning;

/// <summary>By clocks that stand still at zero.</summary>
public class TimeBudgetTests
{
    [Theory]
    [InlineData(600, 0.5, 3)]
    [InlineData(60, 3, 30)]
    [InlineData(30, 3, 30)]
    [InlineData(20, 3, 30)]
    public void Most_of_the_time_is_for_the_search_where_comparing_allows_it(double budget, double compilation, double run)
    {
        var time = Of(budget, compilation, run);

        Assert.InRange(time.SearchEnd.TotalSeconds, budget * 0.4, time.ConfirmEnd.TotalSeconds);
        Assert.True(time.ConfirmEnd.TotalSeconds + compilation < budget);
    }

    [Fact]
    public void No_search_begins_where_comparing_takes_all_the_time()
    {
        var time = Of(10, 8, 30);
        Assert.True(time.SearchEnd < TimeSpan.Zero);
        Assert.True(time.EndsBefore(time.SearchEnd)());
    }

    [Fact]
    public void Models_are_compared_less_often_where_time_is_short_and_never_less_than_tells_something()
    {
        var (much, little, none) = (Of(600, 1, 100), Of(10, 1, 100), Of(1, 1, 100));

        Assert.Equal((10, 30), (much.StepRoundsNow(), much.RaceRoundsNow()));
        Assert.Equal((9, 25), (little.StepRoundsNow(), little.RaceRoundsNow()));
        Assert.Equal((4, 10), (none.StepRoundsNow(), none.RaceRoundsNow()));
        Assert.Equal((30, 25, 0), (much.SecondRaceRoundsNow(), little.SecondRaceRoundsNow(), none.SecondRaceRoundsNow()));
    }

    [Fact]
    public void A_second_comparison_of_small_models_takes_many_rounds() => Assert.Equal(223, Of(600, 1, 2.4).SecondRaceRoundsNow());

    [Fact]
    public void Without_a_budget_nothing_ends()
    {
        var time = new TimeBudget(new Stopwatch(), null);
        time.Expect(TimeSpan.FromHours(1), 1000);

        Assert.False(time.EndsBefore(time.SearchEnd)());
        Assert.Equal((10, 30, 30), (time.StepRoundsNow(), time.RaceRoundsNow(), time.SecondRaceRoundsNow()));
    }

    private static TimeBudget Of(double budgetSeconds, double compilationSeconds, double runMilliseconds)
    {
        var time = new TimeBudget(new Stopwatch(), TimeSpan.FromSeconds(budgetSeconds));
        time.Expect(TimeSpan.FromSeconds(compilationSeconds), runMilliseconds);
        return time;
    }
}
