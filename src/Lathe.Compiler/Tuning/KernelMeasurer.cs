using System.Diagnostics;
using Lathe.Compilation.Scheduling;
using Lathe.Runtime;

namespace Lathe.Compilation.Tuning;

/// <summary>
/// Measures kernels one after the other on this machine. Candidates are compiled on all processors first, and nothing compiles while something
/// runs. A call finds its inputs where the call before left them, as in a model, where the kernel before has just written them; each call has a copy
/// of the parameters of its own, until the copies are as large as the model (or the last cache), so that weights come from as far as in the model.
/// </summary>
/// <param name="lower">Makes a task's kernel.</param>
/// <param name="footprintBytes">Parameters and work space of the model.</param>
/// <param name="millisecondsOf">What a call of a task's default takes, roughly.</param>
internal sealed class KernelMeasurer(
    Func<TuningTask, Schedule, LoweredKernel> lower, CompileOptions options, WorkerPool pool, long footprintBytes, Func<TuningTask, double> millisecondsOf)
    : IScheduleMeasurer
{
    private const int MostCopies = 64;
    private const double MostRunMilliseconds = 30;
    private const double TurnMilliseconds = 2;
    private const int RoundsBeforeGivingUp = 2;
    private const double HopelessRatio = 1.2;
    private const double TimeoutRatio = 20;
    private const double TimeoutMilliseconds = 200;

    /// <summary>What the steps' parameters take together, so that each finds its own as far away as the model's.</summary>
    private readonly long _farBytes = Math.Min(footprintBytes, LastCacheBytes(options.Target.Machine(1)) * 5 / 4);

    public IReadOnlyList<Measurement> Measure(TuningTask task, IReadOnlyList<Schedule> schedules, int rounds, double bestRatio, CancellationToken stop)
    {
        var runs = new Candidate?[schedules.Count + 1];
        var failures = new Measurement?[schedules.Count];
        try
        {
            var work = new ParallelOptions { CancellationToken = stop, MaxDegreeOfParallelism = Environment.ProcessorCount };
            runs[^1] = Compile(task, task.Default);
            Parallel.For(0, schedules.Count, work, i =>
            {
                try
                {
                    runs[i] = Compile(task, schedules[i]);
                }
                catch (LatheException e)
                {
                    failures[i] = Measurement.Failed(schedules[i], RecordStatus.Error, e.Message);
                }
            });
            Check(task, runs, failures, stop);
            Race(runs, rounds, bestRatio, stop);
            double[] standard = [.. runs[^1]!.Times];
            return [.. schedules.Select((s, i) => failures[i] ?? new Measurement(s, RecordStatus.Ok, runs[i]!.Times, standard[..runs[i]!.Times.Count]))];
        }
        finally
        {
            foreach (var run in runs)
                run?.Dispose();
        }
    }

    /// <summary>The first run of each: takes those out that take far too long or compute something else than the default.</summary>
    private void Check(TuningTask task, Candidate?[] runs, Measurement?[] failures, CancellationToken stop)
    {
        var standard = runs[^1]!;
        double expected = Math.Max(millisecondsOf(task), standard.FirstRun() / standard.Copies);
        for (int i = 0; i < failures.Length; i++)
        {
            stop.ThrowIfCancellationRequested();
            if (runs[i] is not { } run)
                continue;
            double first = run.FirstRun();
            string? wrong = run.DifferenceFrom(standard);
            if (wrong is not null)
                failures[i] = Measurement.Failed(run.Schedule, RecordStatus.Error, wrong);
            else if (first > (expected * TimeoutRatio * run.Copies) + TimeoutMilliseconds)
                failures[i] = Measurement.Failed(run.Schedule, RecordStatus.Timeout, $"a call took {first / run.Copies:F1} ms, and the default's {expected:F3} ms");
            if (failures[i] is null)
                continue;
            run.Dispose();
            runs[i] = null;
        }
    }

    private static void Race(Candidate?[] runs, int rounds, double bestRatio, CancellationToken stop)
    {
        var standard = runs[^1]!;
        var alive = runs.OfType<Candidate>().ToList();
        for (int round = 0; round < rounds && alive.Count > 1; round++)
        {
            // Beginning with another each round, so that none always follows the same.
            for (int turn = 0; turn < alive.Count; turn++)
            {
                stop.ThrowIfCancellationRequested();
                alive[(turn + round) % alive.Count].Turn();
            }
            if (round + 1 != RoundsBeforeGivingUp)
                continue;
            double best = Math.Min(standard.Times.Min() * bestRatio, alive.Min(r => r.Times.Min()));
            alive.RemoveAll(r => r != standard && r.Times.Min() > best * HopelessRatio);
        }
    }

    private Candidate Compile(TuningTask task, Schedule schedule)
    {
        var kernel = lower(task, schedule);
        long bytes = KernelProgram.ParameterBytes(kernel);
        double expected = Math.Max(1e-4, millisecondsOf(task));
        int copies = (int)Math.Clamp(Math.Min(_farBytes / Math.Max(1, bytes), MostRunMilliseconds / expected), 1, MostCopies);
        var program = LoopPipeline.Run(KernelProgram.Of(kernel, copies), options.Target);
        var code = Compiler.CodeOf(program.Program, options.Target, threads: 1);
        var loaded = new Model(
            ProgramInfo.Of(program.Program, options.Target, ""), code, ParameterMemory.Of(program.Parameters, program.Program.ParameterBytes));
        return new Candidate(schedule, loaded, pool, copies, (int)Math.Clamp(TurnMilliseconds / (expected * copies), 1, 1000));
    }

    private static long LastCacheBytes(MachineFacts machine) => Math.Max(machine.L2Bytes, machine.L3Bytes);

    private sealed class Candidate : IDisposable
    {
        private readonly Model _model;
        private readonly Session _session;
        private readonly int _number;
        private readonly List<double> _times = [];

        public Candidate(Schedule schedule, Model model, WorkerPool pool, int copies, int number)
        {
            (Schedule, Copies, _model, _number) = (schedule, copies, model, number);
            _session = new Session(model, pool);
            ModelRace.Fill(_session);
        }

        public Schedule Schedule { get; }

        public int Copies { get; }

        /// <summary>Milliseconds of a call, one a turn.</summary>
        public IReadOnlyList<double> Times => _times;

        /// <summary>Milliseconds of a run of all copies.</summary>
        public double FirstRun()
        {
            long start = Stopwatch.GetTimestamp();
            _session.Run();
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }

        public void Turn()
        {
            // Brings inputs and code near again after the others' turns; where there are many calls, one that finds them far does not matter.
            if (_number > 1 || Copies == 1)
                _session.Run();
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < _number; i++)
                _session.Run();
            _times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds / _number / Copies);
        }

        /// <summary>What is wrong with the outputs, or null where they are the other's up to rounding.</summary>
        public string? DifferenceFrom(Candidate standard)
        {
            foreach (var output in _session.Info.Outputs)
            {
                var expected = standard._session.Output(output.Name);
                var comparison = Agreement.Of(_session.Output(output.Name), expected);
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
