using System.Diagnostics;
using System.Runtime.InteropServices;
using Lathe.Tensors;

namespace Lathe.Runtime;

/// <summary>
/// A model with its work space, inputs, outputs and threads. Runs after the first allocate nothing. For one thread at a
/// time; a model may have many sessions.
/// </summary>
public sealed unsafe class Session : IDisposable
{
    private readonly Model _model;
    private readonly WorkerPool _pool;
    private readonly bool _ownsPool;
    private readonly AlignedBlock _arena;
    private readonly BoundBuffer[] _inputs;
    private readonly BoundBuffer[] _outputs;
    private readonly nint* _addresses;
    private bool _disposed;

    /// <summary>Runs on <paramref name="threads"/> threads of its own; 0 means <see cref="Processors.Cores"/>.</summary>
    public Session(Model model, int threads = 0)
        : this(model, new WorkerPool(threads), ownsPool: true)
    {
    }

    /// <summary>Runs in a pool that stays the caller's.</summary>
    public Session(Model model, WorkerPool pool)
        : this(model, pool, ownsPool: false)
    {
    }

    private Session(Model model, WorkerPool pool, bool ownsPool)
    {
        (_model, _pool, _ownsPool) = (model, pool, ownsPool);
        _arena = AllocateArena(model.Info);
        model.Acquire();
        _inputs = [.. model.Info.Inputs.Select(s => new BoundBuffer(s))];
        _outputs = [.. model.Info.Outputs.Select(s => new BoundBuffer(s))];
        _addresses = (nint*)NativeMemory.Alloc((nuint)(_inputs.Length + _outputs.Length + 1), (nuint)sizeof(nint));
        for (int i = 0; i < _inputs.Length; i++)
            _addresses[i] = _inputs[i].Address;
        for (int i = 0; i < _outputs.Length; i++)
            _addresses[_inputs.Length + i] = _outputs[i].Address;
    }

    public ModelInfo Info => _model.Info;

    public int Threads => _pool.Threads;

    /// <summary>
    /// Sets all inputs, runs, and gives copies of the outputs in the model's order. Throws a <see cref="ModelException"/> for
    /// names that the model does not have, missing ones, and tensors of another type or shape.
    /// </summary>
    public OrderedDictionary<string, Tensor> Run(IReadOnlyDictionary<string, Tensor> inputs)
    {
        foreach (var (name, tensor) in inputs)
            SetInput(name, tensor);
        if (inputs.Count < _inputs.Length)
            throw new ModelException("LATHE6005", $"model '{Info.Name}' was given no value for: {string.Join("; ", Info.Inputs.Where(s => !inputs.ContainsKey(s.Name)))}", $"its inputs are: {Names(Info.Inputs)}");
        Run();
        var results = new OrderedDictionary<string, Tensor>();
        foreach (var output in _outputs)
            results[output.Spec.Name] = new Tensor(output.Spec.Element, output.Spec.TensorShape, output.Tensor.Bytes.ToArray());
        return results;
    }

    /// <summary>Copies a value to an input, which keeps it for all runs until it is set again. Inputs never set are zeros.</summary>
    public void SetInput(string name, Tensor value)
    {
        var input = Input(name);
        if (value.Type != input.Type || value.Shape != input.Shape)
            throw new ModelException("LATHE6004", $"input '{name}' of model '{Info.Name}' is {input}, and was given {value}", $"its inputs are: {Names(Info.Inputs)}");
        value.Bytes.CopyTo(input.Bytes);
    }

    /// <summary>The memory of an input, to be filled in place.</summary>
    public Tensor Input(string name) => Find(_inputs, name)
        ?? throw new ModelException("LATHE6003", $"model '{Info.Name}' has no input '{name}'", $"its inputs are: {Names(Info.Inputs)}");

    /// <summary>The memory of an output, which the next run overwrites.</summary>
    public Tensor Output(string name) => Find(_outputs, name)
        ?? throw new ModelException("LATHE6003", $"model '{Info.Name}' has no output '{name}'", $"its outputs are: {Names(Info.Outputs)}");

    /// <summary>Runs on the inputs as they are.</summary>
    public void Run() => Run(0, Info.Steps.Count);

    /// <summary>
    /// Runs once to warm up, then <paramref name="repeat"/> times <paramref name="number"/> runs; each repeat counts as the mean of its runs.
    /// </summary>
    public RunTimes Time(int repeat, int number = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(repeat);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(number);
        Run();
        var times = new double[repeat];
        for (int i = 0; i < repeat; i++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int k = 0; k < number; k++)
                Run();
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds / number;
        }
        return RunTimes.Of(times);
    }

    /// <summary>Runs step by step, once to warm up and then <paramref name="runs"/> times, and gives the median time of each step.</summary>
    public IReadOnlyList<StepTime> Profile(int runs = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(runs);
        Run();
        int steps = Info.Steps.Count;
        var (times, calls) = (new double[steps][], new long[steps]);
        for (int step = 0; step < steps; step++)
            times[step] = new double[runs];
        for (int run = 0; run < runs; run++)
        {
            for (int step = 0; step < steps; step = Next(step + 1))
            {
                long start = Stopwatch.GetTimestamp();
                Run(step, step + 1);
                times[step][run] += (Stopwatch.GetTimestamp() - start) * 1000.0 / Stopwatch.Frequency;
                calls[step]++;
            }
        }
        return [.. times.Select((t, i) => new StepTime(Info.Steps[i], RunTimes.Of(t).Median, (double)calls[i] / runs))];
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        if (_ownsPool)
            _pool.Dispose();
        _arena.Dispose();
        NativeMemory.Free(_addresses);
        _model.Release();
    }

    private void Run(int firstStep, int lastStep)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _pool.BeginRun();
        try
        {
            _model.Code.Run(_addresses, _addresses + _inputs.Length, _model.Parameters.Address, _arena.Address, _pool, firstStep, lastStep);
        }
        finally
        {
            _pool.EndRun();
            GC.KeepAlive(this);
        }
    }

    /// <summary>The step that comes after the one before this.</summary>
    private int Next(int step)
    {
        foreach (var loop in Info.Loops)
        {
            if (step == loop.Last)
                return loop.First;
            if (step == loop.Body && ((byte*)_arena.Address)[loop.Condition] == 0)
                return loop.Last;
        }
        return step;
    }

    private static AlignedBlock AllocateArena(ModelInfo info)
    {
        try
        {
            return new AlignedBlock(info.ArenaBytes);
        }
        catch (OutOfMemoryException e)
        {
            throw new ModelException("LATHE6006", $"model '{info.Name}' needs {info.ArenaBytes} bytes of work space, which this system does not give", inner: e);
        }
    }

    private static Tensor? Find(BoundBuffer[] buffers, string name)
    {
        foreach (var buffer in buffers)
            if (buffer.Spec.Name == name)
                return buffer.Tensor;
        return null;
    }

    private static string Names(IEnumerable<BufferSpec> specs) => string.Join("; ", specs);
}
