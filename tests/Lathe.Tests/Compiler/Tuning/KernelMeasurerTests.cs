using Lathe.Compilation.Scheduling;
using Lathe.Compilation.Tuning;
using Lathe.Runtime;
using Lathe.Tensors;
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
        using var pool = new WorkerPool(1);
        LoweredKernel Lower(TuningTask of, Schedule schedule)
        {
            var kernel = model.Lower(of, schedule);
            return schedule == others[1] ? WithoutWeights(kernel)
                : schedule == others[2] ? throw new InternalException("LATHE0000", "no such kernel")
                : kernel;
        }

        var results = new KernelMeasurer(Lower, options, pool, 1 << 16, _ => 0.01).Measure(task, others, 3, 1, CancellationToken.None);

        Assert.Equal(others, results.Select(r => r.Schedule));
        Assert.Equal([RecordStatus.Ok, RecordStatus.Error, RecordStatus.Error], results.Select(r => r.Status));
        Assert.InRange(results[0].Milliseconds.Count, 2, 3);
        Assert.True(results[0].Ratio > 0);
        Assert.StartsWith("the results are not the default's: ", results[1].Reason);
        Assert.Equal("no such kernel", results[2].Reason);
        Assert.Equal(0, results[1].Ratio);
    }

    [Fact]
    public void A_program_of_copies_computes_the_same_in_each()
    {
        var model = TuningModels.Of(TuningModels.Convolutions(1, 16, 32));
        var task = model.Tasks.Single();
        var kernel = model.Lower(task, task.Default);

        var program = KernelProgram.Of(kernel, 3).Program;

        Assert.Equal(3, program.Steps.Count);
        Assert.Single(program.Kernels);
        Assert.Equal(3 * ((16 * 32) + 32) * sizeof(float), program.ParameterBytes);
        Assert.Single(program.Inputs);
        Assert.Single(program.Outputs);
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

    private static LoweredKernel WithoutWeights(LoweredKernel kernel) => kernel with
    {
        Operands = kernel.Operands
            .Select(o => o is Operand.Parameter { Tensor: var t } ? new Operand.Parameter(Tensor.Zeros(t.Type, t.Shape)) : o)
            .ToEquatableArray(),
    };
}
