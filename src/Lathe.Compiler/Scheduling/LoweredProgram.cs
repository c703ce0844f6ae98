using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Compilation.Scheduling;

/// <summary>A program and the tensors of its parameters with their byte offsets, in ascending order.</summary>
public sealed record LoweredProgram(Program Program, IReadOnlyList<(long Offset, Tensor Tensor)> Parameters)
{
    /// <summary>Steps whose schedule is not the default but one that measured faster.</summary>
    public int TunedSteps { get; init; }
}
