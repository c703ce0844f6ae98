using System.Collections.Concurrent;
using System.Diagnostics;
using Lathe.Runtime;

namespace Lathe.Compilation.Tuning;

/// <summary>
/// Runs kernels for a tuner in another process: reads <see cref="RunnerMessage"/>s and answers them. Kernels and threads stay as they are between
/// messages, so that caches are warm as they are in a model.
/// </summary>
public sealed class KernelRunner : IDisposable
{
    private readonly Target _target;
    private readonly WorkerPool _pool;
    private readonly BinaryWriter _output;
    private readonly ConcurrentDictionary<int, LoadedKernel> _kernels = new();

    private KernelRunner(Target target, int threads, Stream output)
    {
        _target = target;
        _pool = new(threads);
        _output = new(new BufferedStream(output));
    }

    /// <summary>
    /// Serves until the input ends. The process must end then, whatever it is doing: <paramref name="end"/> is called on another thread, as a kernel
    /// may be running that never ends.
    /// </summary>
    public static void Serve(Stream input, Stream output, Target target, int threads, Action end)
    {
        using var requests = new BlockingCollection<RunnerMessage>();
        using var runner = new KernelRunner(target, threads, output);
        // Not of the pool, whose threads may all be compiling.
        var reader = new Thread(() =>
        {
            Read(input, requests);
            end();
        })
        {
            IsBackground = true,
            Name = "lathe requests",
        };
        reader.Start();
        runner.Answer(new RunnerMessage.Ready());
        foreach (var request in requests.GetConsumingEnumerable())
            runner.Handle(request);
        reader.Join();
    }

    public void Dispose()
    {
        DropAll();
        _pool.Dispose();
        _output.Dispose();
    }

    private static void Read(Stream input, BlockingCollection<RunnerMessage> requests)
    {
        using var reader = new BinaryReader(new BufferedStream(input, 1 << 16));
        try
        {
            while (true)
                requests.Add(RunnerMessage.Read(reader));
        }
        catch (IOException)
        {
            requests.CompleteAdding();
        }
    }

    private void Handle(RunnerMessage request)
    {
        switch (request)
        {
            case RunnerMessage.Load load:
                Task.Run(() => Answer(Load(load)));
                break;
            case RunnerMessage.Run run:
                foreach (var turn in run.Turns)
                    Answer(new RunnerMessage.Took(_kernels[turn.Number].Run(turn.Runs, turn.WarmUp)));
                break;
            case RunnerMessage.Compare compare:
                Answer(new RunnerMessage.Compared(_kernels[compare.Number].DifferenceFrom(_kernels[compare.Standard]) ?? ""));
                break;
            case RunnerMessage.Drop:
                DropAll();
                break;
            default:
                throw new InternalException("LATHE5313", $"a message {request.GetType().Name} is no request");
        }
    }

    private RunnerMessage Load(RunnerMessage.Load load)
    {
        try
        {
            var program = LoopPipeline.Run(load.Job.Program(load.Copies), _target);
            var code = Compiler.CodeOf(program.Program, _target, threads: 1);
            var model = new Model(ProgramInfo.Of(program.Program, _target, ""), code, ParameterMemory.Of(program.Parameters, program.Program.ParameterBytes));
            _kernels[load.Number] = new(model, _pool);
            return new RunnerMessage.Loaded(load.Number);
        }
        catch (Exception e)
        {
            return new RunnerMessage.Refused(load.Number, e is LatheException ? e.Message : $"{e.GetType().Name}: {e.Message}");
        }
    }

    private void Answer(RunnerMessage message)
    {
        lock (_output)
            message.Write(_output);
    }

    private void DropAll()
    {
        foreach (var kernel in _kernels.Values)
            kernel.Dispose();
        _kernels.Clear();
    }

    private sealed class LoadedKernel : IDisposable
    {
        private readonly Model _model;
        private readonly Session _session;

        public LoadedKernel(Model model, WorkerPool pool)
        {
            _model = model;
            _session = new Session(model, pool);
            ModelRace.Fill(_session);
            // A result that is a part of a larger value leaves the rest as it is.
            foreach (var output in _session.Info.Outputs)
                _session.Output(output.Name).Bytes.Span.Clear();
        }

        /// <summary>Milliseconds of all runs together.</summary>
        public double Run(int runs, bool warmUp)
        {
            if (warmUp)
                _session.Run();
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < runs; i++)
                _session.Run();
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        /// <summary>What is wrong with the outputs, or null where they are the other's up to rounding.</summary>
        public string? DifferenceFrom(LoadedKernel standard)
        {
            foreach (var output in _session.Info.Outputs)
            {
                var comparison = Agreement.Of(_session.Output(output.Name), standard._session.Output(output.Name));
                if (!comparison.Matches)
                    return $"the results are not the default's: {comparison}";
            }
            return null;
        }

        public void Dispose()
        {
            _session.Dispose();
            _model.Dispose();
        }
    }
}
