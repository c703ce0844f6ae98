namespace Lathe.Runtime;

/// <summary>What a step is for and what it has to do; the figures are 0 where they are not known.</summary>
/// <param name="Label">The names of the model's nodes that it computes, and their ops.</param>
/// <param name="Flops">Floating-point operations that those nodes ask for, however the kernel computes them.</param>
/// <param name="DoneFlops">
/// Operations that the kernel does, where its method needs fewer (Winograd's, or products of bytes four at a time, which count as one of floats); else
/// <paramref name="Flops"/>.
/// </param>
/// <param name="Bytes">Size of the distinct values and parameters that it reads or writes.</param>
/// <param name="WeightBytes">Those of them that are parameters, which a run reads once and the next run again.</param>
public sealed record StepInfo(string Label, long Flops = 0, long DoneFlops = 0, long Bytes = 0, long WeightBytes = 0);
