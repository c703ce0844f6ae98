using Lathe.Runtime;

namespace Lathe.Tests.Runtime;

public sealed class TaskSharesTests
{
    [Fact]
    public void Threads_take_their_share_from_the_front_and_others_from_the_end()
    {
        using var shares = new TaskShares(2);
        shares.Deal(5);
        Assert.Equal([0, 1, 2, 4, 3], Enumerable.Range(0, 5).Select(_ => Take(shares, 0)));
        Assert.False(shares.Find(0, out _));
        shares.Deal(5);
        Assert.Equal([3, 4, 2, 1, 0], Enumerable.Range(0, 5).Select(_ => Take(shares, 1)));
        Assert.False(shares.Find(1, out _));
    }

    [Theory]
    [InlineData(4, 1)]
    [InlineData(4, 2)]
    [InlineData(3, 7)]
    [InlineData(5, TaskShares.Most)]
    public void Every_task_is_taken_once(int threads, int count)
    {
        using var shares = new TaskShares(threads);
        for (int loop = 0; loop < 3; loop++)
        {
            var taken = new int[count];
            shares.Deal(count);
            Parallel.For(0, threads, thread =>
            {
                while (shares.Find(thread, out var found))
                    if (shares.TryTake(thread, found, out long task))
                        Interlocked.Increment(ref taken[task]);
            });
            Assert.DoesNotContain(taken, t => t != 1);
        }
    }

    [Fact]
    public void What_was_found_in_an_earlier_loop_cannot_be_taken_in_a_later_one()
    {
        using var shares = new TaskShares(2);
        shares.Deal(2);
        Assert.True(shares.Find(0, out var found));
        Assert.Equal([0, 1], [Take(shares, 0), Take(shares, 0)]);
        shares.Deal(2);
        Assert.False(shares.TryTake(0, found, out _));
        Assert.Equal([0, 1], [Take(shares, 0), Take(shares, 0)]);
    }

    private static long Take(TaskShares shares, int thread)
    {
        Assert.True(shares.Find(thread, out var found));
        Assert.True(shares.TryTake(thread, found, out long task));
        return task;
    }
}
