using Lathe.Compilation.Scheduling;

namespace Lathe.Tests.Compilation.Scheduling;

public class ScheduleTests
{
    [Fact]
    public void A_schedule_is_read_back_from_its_text()
    {
        var schedule = new Schedule("direct", [new("rows", 6), new("vectors", 4)]);

        Assert.Equal("direct rows=6 vectors=4", schedule.ToString());
        Assert.Equal(schedule, Schedule.TryParse("direct rows=6 vectors=4"));
        Assert.Equal(4, schedule["vectors"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("direct rows")]
    [InlineData("direct rows=")]
    [InlineData("direct rows=six")]
    [InlineData("direct rows=6=7")]
    [InlineData("direct rows=99999999999999999999")]
    public void Other_texts_are_no_schedules(string text) => Assert.Null(Schedule.TryParse(text));
}
