using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Lathe.Runtime;

/// <summary>
/// Threads that share the iterations of parallel loops with the caller. Between loops they spin for a while (<see cref="Spinning"/>),
/// then sleep in the kernel, so that loops in close succession start within a microsecond and an idle pool costs nothing. Each
/// thread has a share of the iterations, and helps others when it has done its own (<see cref="TaskShares"/>).
/// </summary>
/// <remarks>
/// A loop that is started inside another, or while another thread's loop runs in the same pool, runs serially on its own
/// thread: that is never wrong and cannot deadlock. Do not dispose a pool from inside a loop.
/// </remarks>
public sealed unsafe class WorkerPool : IDisposable
{
    /// <summary>Enough that threads end together; more only costs.</summary>
    private const int TasksPerThread = 32;

    [ThreadStatic]
    private static bool s_isInLoop;

    private readonly Thread[] _workers;
    private readonly WorkState* _state;
    private readonly TaskShares _shares;
    private readonly WorkerWatch _watch;
    // Where threads outnumber processors, one that spins keeps another from its work.
    private readonly bool _hasProcessors;
    private readonly WaitPoint _work;
    private readonly WaitPoint _done;
    private readonly RunPace _pace = new();
    private Action<long>? _body;
    private Exception? _error;
    private int _busy;
    private volatile bool _stops;
    private bool _disposed;
    private GCHandle _handle;

    /// <summary>Starts <paramref name="threads"/> - 1 workers, the caller being the other thread; 0 means <see cref="Processors.Cores"/>.</summary>
    public WorkerPool(int threads = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        Threads = threads == 0 ? Processors.Cores : threads;
        _hasProcessors = Threads <= Environment.ProcessorCount;
        _state = (WorkState*)NativeMemory.AlignedAlloc((nuint)sizeof(WorkState), WorkState.Line);
        *_state = new WorkState { Processor = SystemThread.Nowhere };
        _shares = new TaskShares(Threads);
        _watch = new WorkerWatch(Threads);
        _work = new WaitPoint(&_state->WorkEpoch, &_state->Sleepers);
        _done = new WaitPoint(&_state->DoneEpoch, &_state->Callers);
        _handle = GCHandle.Alloc(this);
        _workers = new Thread[Threads - 1];
        for (int i = 0; i < _workers.Length; i++)
        {
            int number = i + 1;
            _workers[i] = new Thread(() => Work(number)) { IsBackground = true, Name = $"lathe worker {number}" };
            _workers[i].Start();
        }
    }

    /// <summary>How many threads share a loop, the caller included.</summary>
    public int Threads { get; }

    /// <summary>Workers that wait in the kernel, using no processor time.</summary>
    internal int SleepingWorkers => Volatile.Read(ref _state->Sleepers);

    /// <summary>Callers that wait in the kernel for a loop to end: one, or none.</summary>
    internal int SleepingCallers => Volatile.Read(ref _state->Callers);

    /// <summary>What the C interface's <c>parallel_for</c> is given as its pool.</summary>
    internal void* NativePool
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return (void*)GCHandle.ToIntPtr(_handle);
        }
    }

    /// <summary>The C interface's <c>parallel_for</c>; null for a pool of one thread.</summary>
    internal delegate* unmanaged[Cdecl]<void*, delegate* unmanaged[Cdecl]<void*, long, void>, void*, long, void> NativeParallelFor =>
        Threads > 1 ? &ParallelFor : null;

    /// <summary>
    /// Calls <paramref name="body"/> with 0 to <paramref name="count"/> - 1, each once and in any order, and returns after the last
    /// has ended. The first exception of a body stops the loop as soon as may be and is thrown here.
    /// </summary>
    public void Run(long count, Action<long> body)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (TryEnter(count))
        {
            try
            {
                Share(0, 0, body, count);
            }
            finally
            {
                Leave();
            }
            if (Interlocked.Exchange(ref _error, null) is { } error)
                ExceptionDispatchInfo.Throw(error);
            return;
        }
        for (long i = 0; i < count; i++)
            body(i);
    }

    /// <summary>
    /// While a run lasts, workers wait longer for its next loop before they sleep. Those that sleep are woken here where loops are to be
    /// expected, so that they are there when the first starts.
    /// </summary>
    internal void BeginRun()
    {
        if (!_pace.Begin())
            return;
        Volatile.Write(ref _state->Processor, SystemThread.Processor);
        _work.Wake(_workers.Length);
    }

    internal void EndRun() => _pace.End();

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        // Never left again: a loop that comes too late runs serially.
        while (Interlocked.Exchange(ref _busy, 1) != 0)
            Thread.Yield();
        _stops = true;
        _work.WakeAll();
        foreach (var worker in _workers)
            worker.Join();
        _handle.Free();
        _shares.Dispose();
        _watch.Dispose();
        NativeMemory.AlignedFree(_state);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ParallelFor(void* pool, delegate* unmanaged[Cdecl]<void*, long, void> body, void* data, long count)
    {
        var workers = (WorkerPool)GCHandle.FromIntPtr((nint)pool).Target!;
        if (workers.TryEnter(count))
        {
            workers.Share((nint)body, (nint)data, null, count);
            workers.Leave();
            return;
        }
        for (long i = 0; i < count; i++)
            body(data, i);
    }

    private bool TryEnter(long count)
    {
        if (count <= 1 || _workers.Length == 0 || s_isInLoop || Interlocked.Exchange(ref _busy, 1) != 0)
            return false;
        s_isInLoop = true;
        return true;
    }

    private void Leave()
    {
        s_isInLoop = false;
        Volatile.Write(ref _busy, 0);
    }

    private void Share(nint function, nint data, Action<long>? body, long count)
    {
        long most = Math.Min(TaskShares.Most, (long)Threads * TasksPerThread);
        long perTask = ((count - 1) / most) + 1;
        long tasks = ((count - 1) / perTask) + 1;
        (_state->Function, _state->Data, _state->Count, _state->PerTask, _body) = (function, data, count, perTask, body);
        _state->Pending = tasks;
        _state->Processor = SystemThread.Processor;
        _pace.SeeLoop();
        _shares.Deal(tasks);
        // A full fence, so that a worker going to sleep sees this or is seen below.
        Interlocked.Increment(ref _state->Loop);
        if (_pace.Wakes)
            _work.Wake((int)Math.Min(tasks - 1, _workers.Length));
        TakeTasks(0);
        AwaitOthers();
        _body = null;
    }

    /// <summary>Takes tasks of the loop under way until none is left.</summary>
    private void TakeTasks(int thread)
    {
        long ended = 0;
        _watch.Begin(thread);
        while (_shares.Find(thread, out var share))
        {
            var (function, data, count, perTask, body) = (_state->Function, _state->Data, _state->Count, _state->PerTask, _body);
            if (!_shares.TryTake(thread, share, out long task))
                continue;
            long first = task * perTask;
            long last = Math.Min(count, first + perTask);
            if (body is not null)
                RunBody(body, first, last);
            else
                for (long i = first; i < last; i++)
                    ((delegate* unmanaged[Cdecl]<nint, long, void>)function)(data, i);
            ended++;
        }
        _watch.End(thread);
        // Not before: a loop cannot end, and no other begin, while tasks of this one are counted here.
        if (ended > 0 && Interlocked.Add(ref _state->Pending, -ended) == 0)
            _done.WakeAll();
    }

    private void RunBody(Action<long> body, long first, long last)
    {
        try
        {
            for (long i = first; i < last && Volatile.Read(ref _error) is null; i++)
                body(i);
        }
        catch (Exception e)
        {
            Interlocked.CompareExchange(ref _error, e, null);
        }
    }

    private void AwaitOthers()
    {
        if (Volatile.Read(ref _state->Pending) == 0)
            return;
        long start = Stopwatch.GetTimestamp();
        long looked = 0;
        int spins = 0;
        while (Volatile.Read(ref _state->Pending) != 0)
        {
            long waited = Stopwatch.GetTimestamp() - start;
            bool sleeps = !_hasProcessors || waited >= Spinning.LoopEnd;
            if (!sleeps && waited - looked >= Spinning.LookAgain)
            {
                looked = waited;
                sleeps = _watch.PullWaiting();
            }
            if (sleeps)
                _done.Wait(&HasEnded, this);
            else
                Spinning.Pause(ref spins, yields: waited > Spinning.Selfish);
        }
    }

    private static bool HasEnded(WorkerPool pool) => Volatile.Read(ref pool._state->Pending) == 0;

    private static bool HasWork((WorkerPool Pool, long Seen) worker) => Volatile.Read(ref worker.Pool._state->Loop) != worker.Seen || worker.Pool._stops;

    private void Work(int thread)
    {
        s_isInLoop = true;
        _watch.Join(thread);
        long seen = 0;
        long idleSince = Stopwatch.GetTimestamp();
        int spins = 0;
        bool wasAsleep = false;
        while (!_stops)
        {
            if (Volatile.Read(ref _state->Loop) is var loop && loop != seen)
            {
                seen = loop;
                LeaveCaller();
                TakeTasks(thread);
                idleSince = Stopwatch.GetTimestamp();
                spins = 0;
                continue;
            }
            long idle = Stopwatch.GetTimestamp() - idleSince;
            if (_hasProcessors && idle < (_pace.IsRunning ? Spinning.InRun : Spinning.Idle))
            {
                // A thread that was woken often starts on the processor of the one that woke it, which has to go on.
                Spinning.Pause(ref spins, yields: wasAsleep || idle > Spinning.Selfish);
                wasAsleep = false;
                continue;
            }
            _work.Wait(&HasWork, (this, seen));
            wasAsleep = true;
            LeaveCaller();
            idleSince = Stopwatch.GetTimestamp();
            spins = 0;
        }
    }

    /// <summary>
    /// Where no processor is free, the system wakes a worker on that of the thread that wakes it. There it would only take turns with
    /// the caller; beside another program, on another processor, it gets a share of time that the caller cannot have.
    /// </summary>
    private void LeaveCaller()
    {
        int processor = Volatile.Read(ref _state->Processor);
        if (_hasProcessors && processor != SystemThread.Nowhere && processor == SystemThread.Processor)
            SystemThread.Leave(processor);
    }
}
