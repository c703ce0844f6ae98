using Lathe.Cli.Tuning;
using Lathe.Compilation.Scheduling;
using Lathe.Compilation.Tuning;
using Lathe.Loops;
using Lathe.Tensors;
using Lathe.Tests.Targets.Llvm;
using CompileOptions = Lathe.Compilation.CompileOptions;

namespace Lathe.Tests.Compilation.Tuning;

public class KernelMeasurerTests
{
    [Fact]
    public void Right_kernels_are_timed_and_wrong_ones_are_errors()
    {
        var options = new CompileOptions(Compiled.Managed, 1);
        var model = TuningModels.Of(TuningModels.Convolutions(1, 16, 32), options);
        var task = model.Tasks.Single();
        Schedule[] others = [.. task.Space.Where(s => s != task.Default).Take(3)];
        LoweredKernel Lower(TuningTask of, Schedule schedule)
        {
            var kernel = model.Lower(of, schedule);
            return schedule == others[1] ? WithoutWeights(kernel)
                : schedule == others[2] ? throw new InternalException("LATHE0000", "no such kernel")
                : kernel;
        }

        using var measurer = new KernelMeasurer(Lower, options, RunnerCommand.Of(options), 1 << 16, _ => 0.01);
        var results = measurer.Measure(task, others, 3, 1, CancellationToken.None);

        Assert.Equal(others, results.Select(r => r.Schedule));
        Assert.Equal([RecordStatus.Ok, RecordStatus.Error, RecordStatus.Error], results.Select(r => r.Status));
        Assert.InRange(results[0].Milliseconds.Count, 2, 3);
        Assert.True(results[0].Ratio > 0);
        Assert.StartsWith("the results are not the default's: ", results[1].Reason);
        Assert.Equal("no such kernel", results[2].Reason);
        Assert.Equal(0, results[1].Ratio);
    }

    [LlvmFact]
    public void A_kernel_that_never_ends_and_one_that_breaks_its_process_fail_and_others_are_measured()
    {
        var options = new CompileOptions(Compiled.Native, 1);
        var model = TuningModels.Of(TuningModels.Convolutions(1, 16, 32), options);
        var task = model.Tasks.Single();
        Schedule[] others = [.. task.Space.Where(s => s != task.Default).Take(4)];
        LoweredKernel Lower(TuningTask of, Schedule schedule)
        {
            var kernel = model.Lower(of, schedule);
            return schedule == others[0] ? Endless(kernel) : schedule == others[2] ? Astray(kernel) : kernel;
        }
        using var measurer = new KernelMeasurer(Lower, options, RunnerCommand.Of(options), 1 << 16, _ => 0.01);

        var results = measurer.Measure(task, others, 2, 1, CancellationToken.None);

        Assert.Equal([RecordStatus.Timeout, RecordStatus.Ok, RecordStatus.Error, RecordStatus.Ok], results.Select(r => r.Status));
        Assert.Matches(@"^it had not ended after \d+\.\d s$", results[0].Reason);
        Assert.Equal("its process ended with SIGSEGV: it used memory that is not its own", results[2].Reason);
        Assert.All(results, r => Assert.Equal(r.Status == RecordStatus.Ok ? 2 : 0, r.Milliseconds.Count));
    }

    [Fact]
    public void Measuring_stops_at_once_when_told()
    {
        var options = new CompileOptions(Compiled.Managed, 1);
        var model = TuningModels.Of(TuningModels.Convolutions(1, 16, 32), options);
        var task = model.Tasks.Single();
        var other = task.Space.First(s => s != task.Default);
        LoweredKernel Lower(TuningTask of, Schedule schedule) => schedule == other ? Endless(model.Lower(of, schedule)) : model.Lower(of, schedule);
        using var measurer = new KernelMeasurer(Lower, options, RunnerCommand.Of(options), 1 << 16, _ => TimeSpan.FromHours(1).TotalMilliseconds);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(2));

        Assert.ThrowsAny<OperationCanceledException>(() => measurer.Measure(task, [other], 1, 1, stop.Token));
    }

    [Fact]
    public void A_program_that_does_not_measure_kernels_is_an_error()
    {
        var options = new CompileOptions(Compiled.Managed, 1);
        var model = TuningModels.Of(TuningModels.Convolutions(1, 16, 32), options);
        string[][] commands = [["/no/such/program"], ["dotnet", "--version"], ["dotnet", "no.dll"]];
        foreach (string[] command in commands)
        {
            using var measurer = new KernelMeasurer(model.Lower, options, command, 1 << 16, _ => 0.01);
            Assert.Equal("LATHE5314", Assert.Throws<InternalException>(() => measurer.Measure(model.Tasks[0], [], 1, 1, CancellationToken.None)).Code);
        }
    }

    [Fact]
    public void A_program_of_copies_computes_the_same_in_each()
    {
        var model = TuningModels.Of(TuningModels.Convolutions(1, 16, 32));
        var task = model.Tasks.Single();
        var kernel = model.Lower(task, task.Default);

        var program = KernelJob.Of(kernel).Program(3).Program;

        Assert.Equal(3, program.Steps.Count);
        Assert.Single(program.Kernels);
        Assert.Equal(3 * ((16 * 32) + 32) * sizeof(float), program.ParameterBytes);
        Assert.Single(program.Inputs);
        Assert.Single(program.Outputs);
    }

    [Fact]
    public void Programs_of_all_generators_write_the_same_results()
    {
        var model = TuningModels.Of(TuningModels.OfImages(28, 144, 32));
        var task = model.Tasks.Single();
        var programs = task.Space.DistinctBy(s => s.Generator).Select(s => KernelJob.Of(model.Lower(task, s)).Program(1).Program).ToList();

        Assert.True(programs.Count > 1);
        Assert.All(programs, p => Assert.Equal((programs[0].Inputs, programs[0].Outputs), (p.Inputs, p.Outputs)));
    }

    [Fact]
    public void What_lies_in_a_larger_value_has_memory_to_its_last_element()
    {
        var model = TuningModels.Of(TuningModels.GrowingBlock(2));
        var task = model.Tasks[1];

        var program = KernelJob.Of(model.Lower(task, task.Default)).Program(1).Program;

        Assert.Equal([(63 * 64) + 32], Assert.Single(program.Inputs).Shape);
        Assert.Equal([64 * 64], Assert.Single(program.Outputs).Shape);
    }

    [LlvmFact]
    public void All_ways_to_make_what_lies_in_larger_values_give_the_same()
    {
        var options = new CompileOptions(Compiled.Native, 1);
        var model = TuningModels.Of(TuningModels.GrowingBlock(2), options);
        using var measurer = new KernelMeasurer(model.Lower, options, RunnerCommand.Of(options), 1 << 16, _ => 0.01);
        foreach (var task in model.Tasks)
            Assert.All(
                measurer.Measure(task, [.. task.Space.Where(s => s != task.Default).Take(4)], 1, 1, CancellationToken.None),
                m => Assert.True(m.Status == RecordStatus.Ok, $"{task}: {m.Schedule}: {m.Reason}"));
    }

    [Fact]
    public void Sums_in_another_order_agree_and_other_values_do_not()
    {
        var expected = Tensor.Vector(1000f, 1f, 0f);
        Assert.True(Agreement.Of(Tensor.Vector(1000.5f, 1.2f, 0.3f), expected).Matches);
        Assert.False(Agreement.Of(Tensor.Vector(1000f, 1f, 5f), expected).Matches);
        Assert.False(Agreement.Of(Tensor.Vector(1000f, float.NaN, 0f), expected).Matches);
        Assert.False(Agreement.Of(Tensor.Vector(1, 3), Tensor.Vector(1, 2)).Matches);
    }

    private static LoweredKernel Endless(LoweredKernel kernel) => WithBody(kernel, (y, rest) => $"{y}[0{rest}] = {y}[0{rest}] * 0.5f32 + 1f32");

    private static LoweredKernel Astray(LoweredKernel kernel) => WithBody(kernel, (y, rest) => $"{y}[i * 1000000{rest}] = 1f32");

    /// <summary>Only a loop over i, of a statement with the result's name and all of its indices but the first.</summary>
    private static LoweredKernel WithBody(LoweredKernel kernel, Func<string, string, string> statement)
    {
        var result = kernel.Kernel.Outputs[0];
        string body = $"for i in 0..{long.MaxValue} {{ {statement(result.Name, string.Concat(result.Shape.Skip(1).Select(_ => ", 0")))} }}";
        return kernel with { Kernel = kernel.Kernel with { Body = LoopText.ParseStmt(body, kernel.Kernel.Parameters) } };
    }

    private static LoweredKernel WithoutWeights(LoweredKernel kernel) => kernel with
    {
        Operands = kernel.Operands
            .Select(o => o is Operand.Parameter { Tensor: var t } ? new Operand.Parameter(Tensor.Zeros(t.Type, t.Shape)) : o)
            .ToEquatableArray(),
    };
}
