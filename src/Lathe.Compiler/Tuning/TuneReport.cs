namespace Lathe.Compilation.Tuning;

/// <summary>What tuning a model gave.</summary>
/// <param name="Tasks">In the order of the model.</param>
/// <param name="Steps">Kernels that a run of the model calls, tasks or not.</param>
/// <param name="Trials">Of all tasks, those that were recorded before included.</param>
/// <param name="CostModel">What ranked the candidates.</param>
/// <param name="DefaultMilliseconds">A run of the model without records, in turns with the tuned one; null where that was not measured.</param>
/// <param name="TunedMilliseconds">A run with the schedules that the records choose.</param>
/// <param name="Ratio">The tuned time over the default's, the median of the rounds.</param>
/// <param name="Rejected">Schedules that were faster alone and not within the model.</param>
/// <param name="Interrupted">Whether the run was told to stop.</param>
public sealed record TuneReport(
    IReadOnlyList<TaskReport> Tasks, int Steps, int Trials, string CostModel, double PeakGflops,
    double? DefaultMilliseconds, double? TunedMilliseconds, double? Ratio, int Rejected, bool Interrupted, double Seconds);

/// <summary>What became of a task.</summary>
/// <param name="Workload">See <see cref="Workload.Brief"/>.</param>
/// <param name="Count">Steps of the model that are of this workload.</param>
/// <param name="Milliseconds">A step in the model with its default schedule.</param>
/// <param name="TunedMilliseconds">The same with the chosen schedule, by the ratio measured within the model, or alone where that was stopped; the default's where that is kept.</param>
/// <param name="GflopsBefore">1e9 operations of the model's nodes a second.</param>
/// <param name="SharePercent">Of the default model's time.</param>
/// <param name="PeakPercent">GflopsAfter of the machine's peak; over 100 where a method needs fewer operations than the nodes count.</param>
/// <param name="Schedule">What the records choose, or the default.</param>
/// <param name="IsTuned">Whether that is not the default.</param>
public sealed record TaskReport(
    int Task, string Workload, int Count, int Trials, double Milliseconds, double TunedMilliseconds, double GflopsBefore, double GflopsAfter,
    double SharePercent, double PeakPercent, string Default, string Schedule, bool IsTuned);
