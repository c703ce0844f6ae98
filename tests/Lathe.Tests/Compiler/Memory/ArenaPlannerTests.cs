using Lathe.Compilation.Memory;
using Block = Lathe.Compilation.Memory.ArenaPlanner.Block;

namespace Lathe.Tests.Compilation.Memory;

public class ArenaPlannerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Blocks_that_live_at_the_same_time_do_not_overlap(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 200; round++)
        {
            var blocks = Enumerable.Range(0, random.Next(40)).Select(_ =>
            {
                int first = random.Next(30);
                return new Block(random.Next(8) == 0 ? 0 : random.Next(1, 1000), first, first + random.Next(8));
            }).ToArray();

            var (offsets, size) = ArenaPlanner.Plan(blocks);

            Assert.All(offsets, o => Assert.Equal(0, o % 64));
            Assert.Equal(0, size % 64);
            for (int i = 0; i < blocks.Length; i++)
            {
                Assert.True(offsets[i] >= 0 && offsets[i] + blocks[i].Bytes <= size);
                for (int k = 0; k < i; k++)
                    Assert.True(
                        !blocks[i].Overlaps(blocks[k]) || offsets[i] + blocks[i].Bytes <= offsets[k] || offsets[k] + blocks[k].Bytes <= offsets[i],
                        $"{blocks[i]} at {offsets[i]} and {blocks[k]} at {offsets[k]}");
            }
            Assert.InRange(size, LiveAtOnce(blocks), blocks.Sum(b => ArenaPlanner.Align(b.Bytes)));
        }
    }

    [Fact]
    public void Memory_of_one_layer_is_used_again_two_layers_later()
    {
        var chain = Enumerable.Range(0, 20).Select(i => new Block(1024, i, i + 1)).ToArray();

        Assert.Equal(2048, ArenaPlanner.Plan(chain).Size);
    }

    [Fact]
    public void No_blocks_take_no_memory() => Assert.Equal(0, ArenaPlanner.Plan([]).Size);

    private static long LiveAtOnce(Block[] blocks) => blocks.Length == 0
        ? 0
        : Enumerable.Range(0, 40).Max(step => blocks.Where(b => b.FirstStep <= step && step <= b.LastStep).Sum(b => b.Bytes));
}
