using Lathe.Cli.Profiling;
using Lathe.Compilation.Diagnostics;
using Lathe.Runtime;
using Lathe.Tensors;

namespace Lathe.Tests.Cli.Profiling;

public class RooflineTests
{
    private const long Megabyte = 1 << 20;

    /// <summary>80 GB/s up to 1 MB, 40 at 4 MB, and 10 at 64.</summary>
    private static readonly MachinePeaks Machine = new("p", 1, 100, [new(Megabyte, 80), new(4 * Megabyte, 40), new(64 * Megabyte, 10)]);

    [Fact]
    public void Arithmetic_bounds_a_kernel_that_moves_little()
    {
        var roof = Only(new("a", 300_000_000, 100_000_000, 1000));
        Assert.Equal(1, roof.LeastMilliseconds, 1e-9);
        Assert.Equal(Limit.Arithmetic, roof.Limit);
    }

    [Fact]
    public void Values_come_at_the_speed_of_their_own_size_and_weights_at_that_of_all_weights()
    {
        var model = Model(new("small", 0, 0, 800_000, 400_000), new("large", 0, 0, 64 * Megabyte, 64 * Megabyte - 400_000));
        var roof = new Roofline(model, Machine).Of(0, 1);
        Assert.Equal(400_000 / 80e6, roof.ValueMilliseconds, 1e-9);
        Assert.Equal(400_000 / 10e6, roof.WeightMilliseconds, 1e-9);
        Assert.Equal(Limit.Weights, roof.Limit);
        Assert.Equal(roof.ValueMilliseconds + roof.WeightMilliseconds, roof.LeastMilliseconds, 1e-12);
        Assert.Equal(Limit.Values, Only(new("copy", 0, 0, 1000)).Limit);
    }

    [Fact]
    public void A_part_of_weights_that_dominate_a_run_may_stay_near()
    {
        // Of 4 MB, 1 MB comes at 80 GB/s; all that is farther at 40.
        Assert.Equal(((Megabyte / 80.0) + (3 * Megabyte / 40.0)) / 1e6, Only(new("dense", 0, 0, 4 * Megabyte, 4 * Megabyte)).WeightMilliseconds, 1e-9);
        // Where others' weights alone fill the near memory, nothing stays.
        var model = Model(new("dense", 0, 0, 3 * Megabyte, 3 * Megabyte), new("other", 0, 0, Megabyte, Megabyte));
        Assert.Equal(3 * Megabyte / 40e6, new Roofline(model, Machine).Of(0, 1).WeightMilliseconds, 1e-9);
    }

    [Fact]
    public void Rounds_of_a_loop_find_its_weights_where_the_round_before_left_them()
    {
        StepInfo inLoop = new("cell", 0, 0, Megabyte, Megabyte), outside = new("dense", 0, 0, 63 * Megabyte, 63 * Megabyte);
        var roofline = new Roofline(Model(new StepInfo("condition"), inLoop, outside) with { Loops = [new LoopInfo(0, 1, 2, 0)] }, Machine);
        Assert.Equal(10 * Megabyte / 80e6, roofline.Of(1, 10).WeightMilliseconds, 1e-9);
        Assert.Equal(Megabyte / 10e6, roofline.Of(1, 1).WeightMilliseconds, 1e-9);
        Assert.Equal(0, roofline.Of(0, 11).LeastMilliseconds);
        Assert.Null(roofline.Of(0, 11).Limit);
    }

    private static KernelRoof Only(StepInfo step) => new Roofline(Model(step), Machine).Of(0, 1);

    private static ModelInfo Model(params StepInfo[] steps) => new("m", [], [], steps.ToEquatableArray(), 0, 0, "managed");
}
