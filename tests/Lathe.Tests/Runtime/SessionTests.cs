using Lathe.Runtime;
using Lathe.Tensors;
using Lathe.Tests.Targets.Llvm;

namespace Lathe.Tests.Runtime;

public sealed class SessionTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void RunsManagedCode(int threads)
    {
        using var model = SampleModel.Managed();
        using var session = new Session(model, threads);
        for (int seed = 1; seed < 4; seed++)
            SampleModel.AssertExpected(session.Run(SampleModel.Inputs(seed)), SampleModel.Inputs(seed));
    }

    [LlvmFact]
    public void RunsCompiledCodeInMemory()
    {
        using var model = SampleModel.Jit();
        foreach (int threads in new[] { 1, 2, 5 })
        {
            using var session = new Session(model, threads);
            SampleModel.AssertExpected(session.Run(SampleModel.Inputs()), SampleModel.Inputs());
        }
    }

    [LlvmFact]
    public void AllocatesNothingInARun()
    {
        using var model = SampleModel.Jit();
        using var session = new Session(model, 2);
        foreach (var (name, tensor) in SampleModel.Inputs())
            session.SetInput(name, tensor);
        session.Run();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            session.Run();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        SampleModel.AssertExpected(
            new Dictionary<string, Tensor> { ["y"] = session.Output("y"), ["sums"] = session.Output("sums") }, SampleModel.Inputs());
    }

    [LlvmFact]
    public void ManySessionsShareAModel()
    {
        using var model = SampleModel.Jit();
        Parallel.For(0, 8, seed =>
        {
            using var session = new Session(model, 2);
            for (int run = 0; run < 20; run++)
                SampleModel.AssertExpected(session.Run(SampleModel.Inputs(seed)), SampleModel.Inputs(seed));
        });
    }

    [Fact]
    public void SessionsOutliveTheModel()
    {
        var model = SampleModel.Managed();
        using var session = new Session(model, 1);
        model.Dispose();
        SampleModel.AssertExpected(session.Run(SampleModel.Inputs()), SampleModel.Inputs());
        Assert.Throws<ObjectDisposedException>(() => new Session(model, 1));
    }

    [Fact]
    public void NamesWhatIsExpected()
    {
        using var model = SampleModel.Managed();
        using var session = new Session(model, 1);
        var inputs = SampleModel.Inputs();
        Reports("LATHE6003", "no input 'z'", () => session.SetInput("z", inputs["x"]));
        Reports("LATHE6003", "no output 'z'", () => session.Output("z"));
        Reports("LATHE6004", "f32[64,33]", () => session.SetInput("x", inputs["shift"]));
        Reports("LATHE6004", "f64[64,33]", () => session.SetInput("x", Tensor.Zeros(DType.Float64, Shape.Of(64, 33))));
        Reports("LATHE6005", "shift: f32[64,1]", () => session.Run(new Dictionary<string, Tensor> { ["x"] = inputs["x"] }));

        static void Reports(string code, string part, Action action)
        {
            var error = Assert.Throws<ModelException>(action);
            Assert.Equal(code, error.Code);
            Assert.Contains(part, error.Message);
            Assert.Matches("its (inputs are: x: f32\\[64,33\\]; shift: f32\\[64,1\\]|outputs are: y: f32\\[64,17\\]; sums: f32\\[64\\])", error.Next);
        }
    }

    [Fact]
    public void TimesRunsAndSteps()
    {
        using var model = SampleModel.Managed();
        using var session = new Session(model, 1);
        var times = session.Time(repeat: 5, number: 2);
        Assert.InRange(times.Min, double.Epsilon, times.Median);
        Assert.InRange(times.Mean, times.Min, times.Max);
        var steps = session.Profile(2);
        Assert.Equal(model.Info.Steps, steps.Select(s => s.Step));
        Assert.All(steps, s => Assert.True(s.Milliseconds > 0));
    }

    [Fact]
    public void ComputesStatistics()
    {
        Assert.Equal(new RunTimes(2.5, 2.5, 4, 1, Math.Sqrt(1.25)), RunTimes.Of([4, 1, 3, 2]));
        Assert.Equal(new RunTimes(3, 3, 3, 3, 0), RunTimes.Of([3]));
    }

    [Fact]
    public void RefusesToRunAfterDisposal()
    {
        using var model = SampleModel.Managed();
        var session = new Session(model, 1);
        session.Dispose();
        session.Dispose();
        Assert.Throws<ObjectDisposedException>(session.Run);
    }
}
