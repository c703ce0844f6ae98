namespace Lathe.Compilation.Tuning;

/// <summary>Where a tuning run is, after each batch and, with <paramref name="IsDone"/>, once for each task in the end.</summary>
/// <param name="Task">The task's number, from 1.</param>
/// <param name="CurrentGflops">Of the last schedule that was measured; GFLOP/s are 1e9 operations of the model's nodes a second.</param>
/// <param name="BestGflops">Of the fastest, the default included.</param>
/// <param name="Trials">Of the model, or of the task when it is done.</param>
/// <param name="AllTrials">How many there will be at most; 0 where only the time is limited.</param>
public sealed record TuneProgress(
    int Task, int Tasks, double CurrentGflops, double BestGflops, int Trials, int AllTrials, double Seconds, bool IsDone = false);
