using Lathe.Runtime;

namespace Lathe.Tests.Runtime;

public sealed class SystemThreadTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void Time_goes_on_for_a_thread_that_computes_and_stands_still_for_one_that_sleeps()
    {
        if (!SystemThread.IsSupported)
            return;
        using var sleeper = new Sleeper();
        Assert.True(SpinWait.SpinUntil(() => SystemThread.ProcessorTime(sleeper.Number) == SystemThread.ProcessorTime(sleeper.Number), Patience));
        long? before = SystemThread.ProcessorTime(SystemThread.Current);
        Assert.True(SpinWait.SpinUntil(() => SystemThread.ProcessorTime(SystemThread.Current) > before, Patience));
    }

    [Fact]
    public void A_thread_may_run_where_it_might_before_it_was_moved()
    {
        if (!SystemThread.IsSupported)
            return;
        using var sleeper = new Sleeper();
        string allowed = Allowed(sleeper.Number);
        SystemThread.Pull(sleeper.Number);
        Assert.Equal(allowed, Allowed(sleeper.Number));

        allowed = Allowed(SystemThread.Current);
        SystemThread.Leave(SystemThread.Processor);
        Assert.Equal(allowed, Allowed(SystemThread.Current));
    }

    [Fact]
    public void A_worker_without_a_processor_is_pulled_and_one_that_has_nothing_to_do_is_not()
    {
        if (!SystemThread.IsSupported)
            return;
        using var watch = new WorkerWatch(3);
        using var sleeper = new Sleeper(() => watch.Join(2));
        Assert.False(watch.PullWaiting());
        Assert.False(watch.PullWaiting());
        watch.Begin(2);
        Assert.False(watch.PullWaiting());
        Assert.True(SpinWait.SpinUntil(watch.PullWaiting, Patience));
        watch.End(2);
        Assert.False(watch.PullWaiting());
    }

    private static string Allowed(int thread) =>
        File.ReadLines($"/proc/self/task/{thread}/status").First(l => l.StartsWith("Cpus_allowed:", StringComparison.Ordinal));

    /// <summary>A thread that does nothing until this is disposed.</summary>
    private sealed class Sleeper : IDisposable
    {
        private readonly ManualResetEventSlim _started = new();
        private readonly ManualResetEventSlim _ends = new(false, spinCount: 0);
        private readonly Thread _thread;

        public Sleeper(Action? begin = null)
        {
            _thread = new Thread(() =>
            {
                Number = SystemThread.Current;
                begin?.Invoke();
                _started.Set();
                _ends.Wait();
            });
            _thread.Start();
            _started.Wait();
        }

        public int Number { get; private set; }

        public void Dispose()
        {
            _ends.Set();
            _thread.Join();
            _started.Dispose();
            _ends.Dispose();
        }
    }
}
