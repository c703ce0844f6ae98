using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lathe.Runtime;

namespace Lathe.Tests.Runtime;

public sealed unsafe class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void RunsEveryIterationOnce(int threads)
    {
        using var pool = new WorkerPool(threads);
        Assert.Equal(threads, pool.Threads);
        foreach (int count in new[] { 0, 1, 2, 3, 7, 64, 1000, 100_003 })
        {
            var calls = new int[count];
            pool.Run(count, i => Interlocked.Increment(ref calls[i]));
            Assert.DoesNotContain(calls, c => c != 1);
        }
    }

    [Fact]
    public void RunsManySmallLoopsInSuccession()
    {
        using var pool = new WorkerPool(4);
        var random = new Random(7);
        for (int loop = 0; loop < 20_000; loop++)
        {
            long sum = 0;
            int count = random.Next(12);
            pool.Run(count, i => Interlocked.Add(ref sum, i + 1));
            Assert.Equal(count * (count + 1) / 2, sum);
            // Now and then, long enough for the workers to fall asleep.
            if (loop % 2000 == 0)
                Thread.Sleep(2);
        }
    }

    [Fact]
    public void UsesAllThreads()
    {
        using var pool = new WorkerPool(3);
        var seen = new HashSet<int>();
        // Each iteration waits for the others, so that no thread can take two of them.
        using var barrier = new Barrier(3);
        pool.Run(3, _ =>
        {
            Assert.True(barrier.SignalAndWait(TimeSpan.FromSeconds(30)));
            lock (seen)
                seen.Add(Environment.CurrentManagedThreadId);
        });
        Assert.Equal(3, seen.Count);
    }

    [Fact]
    public void CarriesAnExceptionToTheCaller()
    {
        using var pool = new WorkerPool(4);
        for (int i = 0; i < 200; i++)
        {
            var error = Assert.Throws<InvalidDataException>(() => pool.Run(50, k =>
            {
                if (k % 10 == 7)
                    throw new InvalidDataException("seven");
            }));
            Assert.Equal("seven", error.Message);
            long sum = 0;
            pool.Run(50, k => Interlocked.Add(ref sum, k));
            Assert.Equal(1225, sum);
        }
    }

    [Fact]
    public void RunsNestedLoopsSerially()
    {
        using var pool = new WorkerPool(4);
        using var other = new WorkerPool(2);
        var calls = new int[20, 30];
        pool.Run(20, i =>
        {
            int thread = Environment.CurrentManagedThreadId;
            (i % 2 == 0 ? pool : other).Run(30, k =>
            {
                Assert.Equal(thread, Environment.CurrentManagedThreadId);
                Interlocked.Increment(ref calls[i, k]);
            });
        });
        Assert.All(calls.Cast<int>(), c => Assert.Equal(1, c));
    }

    [Fact]
    public void ServesManyCallersAtATime()
    {
        using var pool = new WorkerPool(3);
        long total = 0;
        var callers = Enumerable.Range(0, 6).Select(_ => new Thread(() =>
        {
            for (int loop = 0; loop < 500; loop++)
                pool.Run(20, i => Interlocked.Add(ref total, i));
        })).ToList();
        callers.ForEach(c => c.Start());
        callers.ForEach(c => c.Join());
        Assert.Equal(6L * 500 * 190, total);
    }

    [Fact]
    public void ManyPoolsStartAndStop()
    {
        for (int i = 0; i < 100; i++)
        {
            using var a = new WorkerPool(3);
            using var b = new WorkerPool(2);
            long sum = 0;
            a.Run(10, k => Interlocked.Add(ref sum, k));
            b.Run(10, k => Interlocked.Add(ref sum, k));
            Assert.Equal(90, sum);
        }
    }

    [Fact]
    public void RefusesWorkAfterDisposal()
    {
        var pool = new WorkerPool(2);
        pool.Dispose();
        pool.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pool.Run(2, _ => { }));
    }

    [Fact]
    public void SleepsWhenIdle()
    {
        using var pool = new WorkerPool(4);
        for (int i = 0; i < 5; i++)
        {
            pool.Run(8, _ => Thread.SpinWait(100));
            Assert.True(SpinWait.SpinUntil(() => pool.SleepingWorkers == 3, TimeSpan.FromSeconds(30)));
        }
    }

    [Fact]
    public void SleepsWhileAWorkerSleepsInTheMiddleOfATask()
    {
        using var pool = new WorkerPool(2);
        int caller = Environment.CurrentManagedThreadId;
        for (int i = 0; i < 5; i++)
        {
            bool slept = false;
            using var barrier = new Barrier(2);
            pool.Run(2, _ =>
            {
                Assert.True(barrier.SignalAndWait(TimeSpan.FromSeconds(30)));
                if (Environment.CurrentManagedThreadId != caller)
                    slept = SpinWait.SpinUntil(() => pool.SleepingCallers == 1, TimeSpan.FromSeconds(30));
            });
            Assert.True(slept);
        }
    }

    [Fact]
    public void ServesTheNativeInterface()
    {
        using var pool = new WorkerPool(3);
        var calls = new int[500];
        fixed (int* p = calls)
            for (int loop = 0; loop < 100; loop++)
                pool.NativeParallelFor(pool.NativePool, &Count, p, calls.Length);
        Assert.All(calls, c => Assert.Equal(100, c));
        using var single = new WorkerPool(1);
        Assert.True(single.NativeParallelFor == null);
    }

    [Theory]
    [InlineData("0", new[] { 0 })]
    [InlineData(" 0-3,8\n", new[] { 0, 1, 2, 3, 8 })]
    public void ReadsProcessorLists(string text, int[] numbers) => Assert.Equal(numbers, Processors.ParseList(text));

    [Fact]
    public void CountsCores() => Assert.InRange(Processors.Cores, 1, Environment.ProcessorCount);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Count(void* data, long index) => Interlocked.Increment(ref ((int*)data)[index]);
}
