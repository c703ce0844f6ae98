using Lathe.Loops;
using Lathe.Tensors;

namespace Lathe.Compilation.Scheduling;

/// <summary>
/// A kernel without a name (so that kernels of equal work are equal), the label of the model's nodes that it computes, and
/// what its buffers stand for, in the order of <see cref="Kernel.Parameters"/>.
/// </summary>
internal sealed record LoweredKernel(string Label, Kernel Kernel, EquatableArray<Operand> Operands)
{
    public Work Work { get; init; }

    /// <summary>Whether the kernel stores each element of its output once, so that an element may be read from there before it is stored.</summary>
    public bool StoresOnce { get; init; }
}
