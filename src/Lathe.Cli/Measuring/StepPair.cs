namespace Lathe.Cli.Measuring;

/// <summary>A step of two builds: what it computes, and its milliseconds in either; null where one has no such step.</summary>
internal sealed record StepPair(string Computes, double? First, double? Second);
