namespace Lathe.Runtime;

/// <summary>How long a step takes in a run, the median over the runs of a profile.</summary>
/// <param name="Milliseconds">Of all its calls.</param>
/// <param name="Calls">In a run: more or less than 1 where the step is part of a loop.</param>
public sealed record StepTime(StepInfo Step, double Milliseconds, double Calls = 1);
