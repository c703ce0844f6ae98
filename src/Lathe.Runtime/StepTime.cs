namespace Lathe.Runtime;

/// <summary>How long a step takes: the mean over the runs of a profile.</summary>
public sealed record StepTime(StepInfo Step, double Milliseconds);
