using Lathe.Tensors;

namespace Lathe.Tests.Tensors;

public sealed class InParallelTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Results_are_in_the_order_of_their_items(int threads)
    {
        int[] items = [.. Enumerable.Range(0, 100)];
        Assert.Equal(items.Select(i => i * i), InParallel.Map(items, i => i * i, i => i % 7, threads));
    }

    [Fact]
    public void The_heaviest_items_are_begun_first()
    {
        var begun = new List<int>();
        InParallel.Map([3, 9, 5, 9], Begin, i => i, threads: 1);
        Assert.Equal([9, 9, 5, 3], begun);

        int Begin(int i)
        {
            begun.Add(i);
            return i;
        }
    }

    [Fact]
    public void An_items_error_is_thrown_as_it_is()
    {
        var error = Assert.Throws<ModelException>(() => InParallel.Map([1, 2, 3], i => i == 2 ? throw new ModelException("LATHE8920", "two") : i));
        Assert.Equal("LATHE8920", error.Code);
    }
}
