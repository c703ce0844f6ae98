using Lathe.Compilation.Kernels;
using Lathe.Compilation.Scheduling;
using Lathe.Targets;
using Lathe.Tensors;

namespace Lathe.Tests.Compilation.Kernels;

public sealed class ContractionConfigTests
{
    [Theory]
    [InlineData(960, 320)]
    [InlineData(160, 960)]
    public void Threads_do_not_read_each_others_weights_of_few_places(int depth, int columns)
    {
        var work = Pointwise(7, depth, columns);

        var config = ContractionConfig.For(work, Machine(2));

        Assert.Equal(ContractionConfig.DivideUp(work.Places, config.Rows), config.Tiles);
    }

    [Fact]
    public void Threads_with_one_panel_each_can_help_each_other_with_half_of_it()
    {
        var config = ContractionConfig.For(Pointwise(7, 960, 160), Machine(2));

        Assert.Equal(2, ContractionConfig.DivideUp(160, config.Vectors * 16));
        Assert.Equal(2, ContractionConfig.DivideUp(49, config.Rows * config.Tiles));
    }

    [Theory]
    [InlineData(24)]
    [InlineData(40)]
    public void Tiles_with_a_narrower_last_vector_leave_registers(int columns)
    {
        foreach (var config in ContractionConfig.Space(Pointwise(28, 144, columns), Machine(1)).Where(c => c.Vectors * 16 > columns))
            Assert.InRange((config.Rows * config.Vectors) + config.Vectors + 1, 1, 28);
    }

    [Fact]
    public void Blocks_leave_room_for_results_that_are_far_apart()
    {
        var spread = ContractionConfig.For(Pointwise(14, 256, 1024), Machine(1));
        var dense = ContractionConfig.For(Pointwise(14, 256, 1000), Machine(1));

        Assert.InRange(spread.Tiles * spread.Rows, 1, 128);
        Assert.InRange(dense.Tiles * dense.Rows, 129, 14 * 14 + 14);
    }

    [Fact]
    public void Panels_beyond_the_first_level_are_narrower_where_the_second_is_slow()
    {
        var rates = CoreRates.OfCpu("icelake-server");
        var work = Pointwise(7, 512, 2048);

        int slow = ContractionConfig.For(work, Machine(1) with { Rates = rates }).Vectors;
        int fast = ContractionConfig.For(work, Machine(1) with { Rates = rates with { NearBytes = double.PositiveInfinity } }).Vectors;

        Assert.InRange(slow, 1, fast - 1);
    }

    private static Contraction Pointwise(int size, int depth, int columns) => new(1, size, size, columns, depth, 1, 1, 1, DType.Float32);

    private static MachineFacts Machine(int threads) => new(64, 32, threads, 48 << 10, 1280 << 10);
}
