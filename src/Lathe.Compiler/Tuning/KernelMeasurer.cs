using System.Collections.Concurrent;
using Lathe.Compilation.Scheduling;

namespace Lathe.Compilation.Tuning;

/// <summary>
/// Measures kernels one after the other on this machine, in a process of their own that stays the same from batch to batch: one that has not ended in
/// time is ended with its process, one that breaks the process has failed, and the others are measured in another. Candidates are compiled on all
/// processors first, and nothing compiles while something
/// runs. A call finds its inputs where the call before left them, as in a model, where the kernel before has just written them; each call has a copy
/// of the parameters of its own, until the copies are as large as the model (or the last cache), so that weights come from as far as in the model.
/// </summary>
/// <param name="lower">Makes a task's kernel.</param>
/// <param name="runner">Starts a process that serves as <see cref="KernelRunner"/>, for the same target and threads.</param>
/// <param name="footprintBytes">Parameters and work space of the model.</param>
/// <param name="millisecondsOf">What a call of a task's default takes, roughly.</param>
internal sealed class KernelMeasurer(
    Func<TuningTask, Schedule, LoweredKernel> lower, CompileOptions options, IReadOnlyList<string> runner, long footprintBytes, Func<TuningTask, double> millisecondsOf)
    : IScheduleMeasurer, IDisposable
{
    private const int MostCopies = 64;
    private const double MostRunMilliseconds = 30;
    private const double TurnMilliseconds = 2;
    private const int RoundsBeforeGivingUp = 2;
    private const double HopelessRatio = 1.2;

    /// <summary>A run that takes so many times what the default takes, and this many milliseconds more, is ended.</summary>
    private const double TimeoutRatio = 20;
    private const double TimeoutMilliseconds = 2000;

    private static readonly TimeSpan CompileLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan DefaultLimit = TimeSpan.FromMinutes(1);

    /// <summary>What the steps' parameters take together, so that each finds its own as far away as the model's.</summary>
    private readonly long _farBytes = Math.Min(footprintBytes, LastCacheBytes(options.Target.Machine(1)) * 5 / 4);

    private RunnerProcess? _process;

    public IReadOnlyList<Measurement> Measure(TuningTask task, IReadOnlyList<Schedule> schedules, int rounds, double bestRatio, CancellationToken stop)
    {
        var candidates = schedules.Select((s, i) => new Candidate(s, i)).ToList();
        for (bool oneByOne = false; ;)
        {
            Candidate? running = null;
            try
            {
                var standard = new Candidate(task.Default, schedules.Count);
                Candidate[] all = [.. candidates.Where(c => c.Failure is null).Append(standard)];
                _process ??= new(runner, stop);
                _process.Send(new RunnerMessage.Drop());
                if (oneByOne)
                    foreach (var candidate in all)
                        Load(task, [running = candidate], stop);
                else
                    Load(task, all, stop);
                Check(task, candidates, standard, c => running = c, stop);
                Race([.. candidates.Where(c => c.Failure is null), standard], standard, rounds, bestRatio, c => running = c, stop);
                return [.. candidates.Select(c => c.Failure ?? new Measurement(c.Schedule, RecordStatus.Ok, c.Times, [.. standard.Times.Take(c.Times.Count)]))];
            }
            catch (RunnerLostException e)
            {
                EndProcess();
                // Where several are compiled at a time, nobody knows which it was.
                if (running is null && oneByOne)
                    throw new InternalException("LATHE5315", $"kernels of {task} cannot be measured: {e.Message}", e);
                if (running?.Number == schedules.Count)
                    throw new InternalException("LATHE5315", $"the default kernel of {task} cannot be measured: {e.Message}", e);
                oneByOne |= running is null;
                running?.Failure = Measurement.Failed(running.Schedule, e.Status, e.Message);
                candidates.ForEach(c => c.Times.Clear());
            }
            catch
            {
                EndProcess();
                throw;
            }
        }
    }

    public void Dispose() => EndProcess();

    private void EndProcess()
    {
        _process?.Dispose();
        _process = null;
    }

    /// <summary>Has kernels compiled, all at a time.</summary>
    private void Load(TuningTask task, IReadOnlyList<Candidate> candidates, CancellationToken stop)
    {
        var sent = new ConcurrentDictionary<int, Candidate>();
        Parallel.ForEach(candidates, new ParallelOptions { CancellationToken = stop, MaxDegreeOfParallelism = Environment.ProcessorCount }, candidate =>
        {
            try
            {
                var job = KernelJob.Of(lower(task, candidate.Schedule));
                double expected = Math.Max(1e-4, millisecondsOf(task));
                candidate.Copies = (int)Math.Clamp(Math.Min(_farBytes / Math.Max(1, job.ParameterBytes), MostRunMilliseconds / expected), 1, MostCopies);
                candidate.Runs = (int)Math.Clamp(TurnMilliseconds / (expected * candidate.Copies), 1, 1000);
                sent[candidate.Number] = candidate;
                _process!.Send(new RunnerMessage.Load(candidate.Number, candidate.Copies, job));
            }
            catch (LatheException e)
            {
                candidate.Failure = Measurement.Failed(candidate.Schedule, RecordStatus.Error, e.Message);
            }
        });
        while (!sent.IsEmpty)
        {
            var answer = _process!.Await(CompileLimit, stop);
            if (answer is RunnerMessage.Refused refused && sent.TryRemove(refused.Number, out var failed))
                failed.Failure = Measurement.Failed(failed.Schedule, RecordStatus.Error, refused.Reason);
            else if (answer is not RunnerMessage.Loaded loaded || !sent.TryRemove(loaded.Number, out _))
                throw Unexpected(answer);
        }
    }

    /// <summary>The first run of each: takes those out that take far too long or compute something else than the default.</summary>
    private void Check(TuningTask task, List<Candidate> candidates, Candidate standard, Action<Candidate> runs, CancellationToken stop)
    {
        if (standard.Failure is { } failure)
            throw new InternalException("LATHE5315", $"the default kernel of {task} cannot be measured: {failure.Reason}");
        runs(standard);
        _process!.Send(FirstRun(standard));
        double expected = Math.Max(millisecondsOf(task), Took(DefaultLimit, stop) / standard.Copies);
        standard.Limit = DefaultLimit;
        foreach (var candidate in candidates.Where(c => c.Failure is null))
        {
            candidate.Limit = TimeSpan.FromMilliseconds((expected * TimeoutRatio * candidate.Copies * (candidate.Runs + 1)) + TimeoutMilliseconds);
            runs(candidate);
            _process.Send(FirstRun(candidate));
            Took(TimeSpan.FromMilliseconds((expected * TimeoutRatio * candidate.Copies) + TimeoutMilliseconds), stop);
            _process.Send(new RunnerMessage.Compare(candidate.Number, standard.Number));
            var answer = _process.Await(DefaultLimit, stop);
            if (answer is not RunnerMessage.Compared { Difference: var difference })
                throw Unexpected(answer);
            if (difference.Length > 0)
                candidate.Failure = Measurement.Failed(candidate.Schedule, RecordStatus.Error, difference);
        }
    }

    private void Race(IReadOnlyList<Candidate> candidates, Candidate standard, int rounds, double bestRatio, Action<Candidate> runs, CancellationToken stop)
    {
        var alive = candidates.ToList();
        for (int round = 0; round < rounds && alive.Count > 1; round++)
        {
            // Beginning with another each round, so that none always follows the same.
            Candidate[] order = [.. Enumerable.Range(0, alive.Count).Select(turn => alive[(turn + round) % alive.Count])];
            // A run before brings inputs and code near again after the others' turns; where there are many calls, one that finds them far does not matter.
            _process!.Send(new RunnerMessage.Run([.. order.Select(c => new RunnerMessage.Turn(c.Number, c.Runs, WarmUp: c.Runs > 1 || c.Copies == 1))]));
            foreach (var candidate in order)
            {
                runs(candidate);
                candidate.Times.Add(Took(candidate.Limit, stop) / candidate.Runs / candidate.Copies);
            }
            if (round + 1 != RoundsBeforeGivingUp)
                continue;
            double best = Math.Min(standard.Times.Min() * bestRatio, alive.Min(r => r.Times.Min()));
            alive.RemoveAll(r => r != standard && r.Times.Min() > best * HopelessRatio);
        }
    }

    private static RunnerMessage.Run FirstRun(Candidate candidate) => new([new(candidate.Number, 1, WarmUp: false)]);

    private double Took(TimeSpan limit, CancellationToken stop) =>
        _process!.Await(limit, stop) is var answer && answer is RunnerMessage.Took { Milliseconds: var time } ? time : throw Unexpected(answer);

    private static InternalException Unexpected(RunnerMessage answer) =>
        new("LATHE5313", $"the process that measures kernels answered {answer.GetType().Name}, which was not asked for");

    private static long LastCacheBytes(MachineFacts machine) => Math.Max(machine.L2Bytes, machine.L3Bytes);

    private sealed class Candidate(Schedule schedule, int number)
    {
        public Schedule Schedule => schedule;

        public int Number => number;

        /// <summary>Why it is not measured.</summary>
        public Measurement? Failure { get; set; }

        public int Copies { get; set; } = 1;

        /// <summary>Runs of all copies in a turn.</summary>
        public int Runs { get; set; } = 1;

        /// <summary>What a turn may take.</summary>
        public TimeSpan Limit { get; set; }

        /// <summary>Milliseconds of a call, one a turn.</summary>
        public List<double> Times { get; } = [];
    }
}
