namespace Lathe.Runtime;

/// <summary>What a step is for and what it has to do; the figures are 0 where they are not known.</summary>
/// <param name="Label">The names of the model's nodes that it computes, and their ops.</param>
/// <param name="Flops">Floating-point operations that those nodes ask for, however the kernel computes them.</param>
/// <param name="Bytes">Size of the distinct values and parameters that it reads or writes.</param>
public sealed record StepInfo(string Label, long Flops = 0, long Bytes = 0);
