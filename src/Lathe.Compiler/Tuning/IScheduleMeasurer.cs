using Lathe.Compilation.Scheduling;

namespace Lathe.Compilation.Tuning;

/// <summary>Says how fast schedules of a task are.</summary>
internal interface IScheduleMeasurer
{
    /// <summary>
    /// Measures each schedule in turns with the task's default, at most so many times; gives a measurement each, in order. Those much slower than
    /// <paramref name="bestRatio"/> of the default's time may be given up earlier. Throws an <see cref="OperationCanceledException"/> when told to stop.
    /// </summary>
    IReadOnlyList<Measurement> Measure(TuningTask task, IReadOnlyList<Schedule> schedules, int rounds, double bestRatio, CancellationToken stop);
}
