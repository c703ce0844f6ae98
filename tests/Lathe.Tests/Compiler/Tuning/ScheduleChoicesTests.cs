using Lathe.Compilation.Scheduling;
using Lathe.Compilation.Tuning;

namespace Lathe.Tests.Compilation.Tuning;

public class ScheduleChoicesTests
{
    private const string Standard = "direct rows=4";

    [Fact]
    public void The_fastest_comes_first() =>
        Assert.Equal(["direct rows=6", "direct rows=5"], Faster(Record("rows=5", 0.9), Record("rows=6", 0.8), Record("rows=7", 1.2)));

    [Fact]
    public void What_is_not_clearly_faster_is_not_taken()
    {
        Assert.Empty(Faster(Record("rows=6", 0.985)));
        Assert.Empty(Faster(Record("rows=6", 0.9) with { RatioUpper = 1.02 }));
        Assert.Empty(Faster(Record("rows=6", 0.8) with { Status = RecordStatus.Timeout }));
        Assert.Empty(Faster(Record("rows=4", 0.8)));
    }

    [Fact]
    public void A_measurement_that_confirms_or_rejects_outweighs_those_before_and_after()
    {
        Assert.Empty(Faster(Record("rows=6", 0.8), Record("rows=6", 0.99) with { Confirmed = true }, Record("rows=6", 0.7)));
        Assert.Empty(Faster(Record("rows=6", 0.8), Record("rows=6", 0.8) with { Status = RecordStatus.Rejected }));
        Assert.Equal(["direct rows=6"], Faster(
            Record("rows=6", 0.8) with { Status = RecordStatus.Rejected }, Record("rows=6", 0.8) with { Confirmed = true }));
    }

    [Fact]
    public void Where_some_are_confirmed_others_do_not_count()
    {
        Assert.Equal(["direct rows=5"], Faster(Record("rows=6", 0.6), Record("rows=5", 0.8) with { Confirmed = true }));
        Assert.Empty(Faster(Record("rows=6", 0.6), Record("rows=5", 0.8) with { Status = RecordStatus.Rejected }));
    }

    [Fact]
    public void After_its_rejections_a_workload_gets_the_default()
    {
        TuningRecord[][] cases =
        [
            [Record("rows=6", 0.8) with { Confirmed = true }, Record("rows=5", 0.9) with { Confirmed = true }, Record("rows=7", 0.7)],
            [Record("rows=6", 0.8), Record("rows=5", 0.9)],
        ];
        foreach (var records in cases)
        {
            var rejections = ScheduleChoices.Rejections(records, Schedule.TryParse(Standard)!, _ => 1, "slower as a whole");
            Assert.Equal(2, rejections.Count);
            Assert.Empty(Faster([.. records, .. rejections]));
        }
    }

    [Fact]
    public void Other_versions_of_a_generator_do_not_count()
    {
        Assert.Empty(Faster(Record("rows=6", 0.8) with { Version = 2 }));
        Assert.Empty(Faster(Record("rows=6", 0.8) with { DefaultVersion = 2 }));
    }

    [Fact]
    public void A_default_that_has_changed_must_have_been_measured_too()
    {
        Assert.Empty(Faster(SampleRecords.Of("direct rows=6", 0.8, "direct rows=1")));
        Assert.Equal(["direct rows=6"], Faster(SampleRecords.Of("direct rows=6", 0.8, "direct rows=1"), SampleRecords.Of(Standard, 0.95, "direct rows=1")));
        Assert.Empty(Faster(SampleRecords.Of("direct rows=6", 0.8, "direct rows=1"), SampleRecords.Of(Standard, 0.7, "direct rows=1")));
    }

    [Fact]
    public void Compilations_take_schedules_that_the_space_of_the_group_holds()
    {
        var model = TuningModels.Of(TuningModels.Convolutions(1, 16, 32));
        var task = model.Tasks.Single();
        int version = model.Generators.VersionOf("direct");
        TuningRecord Of(string schedule) => new(task.Workload.Hash, SampleRecords.Machine, schedule, version, task.Default.ToString(), version, RecordStatus.Ok, task.Workload.Text)
        {
            Milliseconds = 1,
            DefaultMilliseconds = 2,
            Ratio = 0.5,
            RatioUpper = 0.5,
            Rounds = 5,
        };
        Schedule? Find(string machine, params TuningRecord[] records) =>
            new ScheduleChoices(records, machine).Find(task.Group, model.Materialized, model.Generators);
        string other = task.Space.First(s => s != task.Default).ToString();

        Assert.Equal(other, Find(SampleRecords.Machine, Of(other))!.ToString());
        Assert.Null(Find("x86_64 test 00000000, 2 threads", Of(other)));
        Assert.Null(Find(SampleRecords.Machine, Of("direct rows=1000 vectors=1 tiles=1 unroll=1")));
        Assert.Null(Find(SampleRecords.Machine, Of(other) with { Hash = "0000000000000000" }));
        Assert.Equal(1, new ScheduleChoices([Of(other)], "another").OtherMachines);
    }

    private static TuningRecord Record(string knobs, double ratio) => SampleRecords.Of($"direct {knobs}", ratio);

    private static IEnumerable<string> Faster(params TuningRecord[] records) =>
        ScheduleChoices.Faster(records, Schedule.TryParse(Standard)!, _ => 1).Select(s => s.ToString());
}
