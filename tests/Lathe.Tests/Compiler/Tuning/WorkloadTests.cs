using Lathe.Compilation.Tuning;

namespace Lathe.Tests.Compilation.Tuning;

public class WorkloadTests
{
    [Fact]
    public void Equal_layers_of_different_models_are_one_workload()
    {
        var one = TuningModels.Of(TuningModels.Convolutions(1, 16, 32, 16, 32));
        var other = TuningModels.Of(TuningModels.Convolutions(2, 48, 16, 32));

        Assert.Equal(2, one.Tasks.Count);
        Assert.Equal([1, 3], one.Tasks[0].Steps);
        var shared = Assert.Single(other.Tasks.IntersectBy(one.Tasks.Select(t => t.Workload.Hash), t => t.Workload.Hash));
        Assert.Equal(one.Tasks[0].Workload, shared.Workload);
        Assert.Equal([2], shared.Steps);
    }

    [Fact]
    public void The_text_is_stable()
    {
        var workload = TuningModels.Of(TuningModels.Convolutions(1, 16, 32)).Tasks.Single().Workload;

        Assert.Equal(
            "Conv(f32[1,8,8,16], const f32[1,1,16,32]) -> f32[1,8,8,32]: "
            + "%2 = Conv {Window={Kernel=[1, 1], Strides=[1, 1], PadsBefore=[0, 0], PadsAfter=[0, 0], Dilations=[1, 1]}, Groups=1, Layout=ChannelsLast}"
            + "(%0: f32[1,8,8,16], $1: f32[1,1,16,32]) : f32[1,8,8,32]; "
            + "%4 = Add(%2, $3: f32[1,1,1,32]) : f32[1,8,8,32]; %5 = Relu(%4) : f32[1,8,8,32]",
            workload.Text);
        Assert.Equal("Conv(f32[1,8,8,16], const f32[1,1,16,32]) -> f32[1,8,8,32]", workload.Brief);
        Assert.Matches("^[0-9a-f]{16}$", workload.Hash);
        Assert.Equal(workload, Workload.TryParse(workload.Text));
        Assert.Equal([1, 8, 8, 16, 1, 1, 16, 32, 1, 8, 8, 32], workload.Extents);
    }

    [Fact]
    public void What_lies_in_larger_values_says_so()
    {
        string[] texts = [.. TuningModels.Of(TuningModels.GrowingBlock(2)).Tasks.Select(t => t.Workload.Text)];

        Assert.EndsWith(" : f32[1,8,8,32] in f32[1,8,8,64]", texts[0]);
        Assert.Contains("(%0: f32[1,8,8,32] in f32[1,8,8,64], $1: ", texts[1]);
        Assert.EndsWith(" : f32[1,8,8,16] in f32[1,8,8,64]", texts[1]);
        Assert.Contains("(%0: f32[1,8,8,48] in f32[1,8,8,64], $1: ", texts[2]);
        Assert.DoesNotContain(" in ", texts[3]);
        Assert.All(texts, t => Assert.Equal(t, Workload.TryParse(t)?.Text));
    }

    [Fact]
    public void Shapes_twice_as_large_are_nearer_than_shapes_eight_times_as_large()
    {
        Workload Of(int channels) => TuningModels.Of(TuningModels.Convolutions(1, channels, 32)).Tasks.Single().Workload;
        var here = Of(16);

        Assert.Equal(0, here.DistanceTo(Of(16)));
        Assert.True(here.DistanceTo(Of(32)) < here.DistanceTo(Of(128)));
        Assert.Equal(double.PositiveInfinity, here.DistanceTo(Workload.TryParse("MatMul(f32[1,8], const f32[8,8]) -> f32[1,8]: x")!));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Conv")]
    [InlineData("Conv(f32[1,8] -> f32[1,8]: x")]
    public void Other_texts_are_no_workloads(string text) => Assert.Null(Workload.TryParse(text));
}
