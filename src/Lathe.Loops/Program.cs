using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>
/// Kernels in the order in which they run, each with the places of its buffers. This is what targets compile. The arena
/// and the parameters are 64-byte aligned blocks.
/// </summary>
public sealed record Program(
    string Name,
    EquatableArray<ProgramBuffer> Inputs,
    EquatableArray<ProgramBuffer> Outputs,
    long ArenaBytes,
    long ParameterBytes,
    EquatableArray<Step> Steps)
{
    /// <summary>The steps that are run over and over; loops lie inside or outside one another.</summary>
    public EquatableArray<StepLoop> Loops { get; init; }

    /// <summary>The distinct kernels; steps that do the same work share one.</summary>
    public IEnumerable<Kernel> Kernels => Steps.Select(s => s.Kernel).DistinctBy(k => k.Name);
}

/// <summary>A buffer that the caller of a program binds, under the model's own name.</summary>
public sealed record ProgramBuffer(string Name, DType Element, EquatableArray<long> Shape);

/// <summary>One call of a kernel; Arguments follow <see cref="Kernel.Parameters"/>. Name says which node of the model it is for.</summary>
public sealed record Step(string Name, Kernel Kernel, EquatableArray<Location> Arguments, Work Work = default);

/// <summary>
/// Steps that repeat: those from First to Body - 1 compute a condition; if it holds, those from Body to Last - 1 follow, and then First again.
/// Neither part is empty. Condition is the arena offset of a bool, one byte, which step Body - 1 stores.
/// </summary>
public sealed record StepLoop(int First, int Body, int Last, long Condition);

/// <summary>What a step has to do, however its kernel does it: arithmetic that the model's nodes ask for, and memory that it goes through.</summary>
/// <param name="Flops">Floating-point operations: two for each multiply-accumulate, one for each element of an elementwise result.</param>
/// <param name="DoneFlops">Operations that the kernel does for it, where its method needs fewer; else <paramref name="Flops"/>.</param>
/// <param name="Bytes">Of the distinct buffers that are read or written, each counted once: values and parameters, no scratch memory.</param>
/// <param name="WeightBytes">Those of them that are parameters.</param>
public readonly record struct Work(long Flops, long DoneFlops, long Bytes, long WeightBytes);

/// <summary>
/// Where a buffer lies: in the arena or the parameters at a byte offset (a multiple of 64), or in the program's input or
/// output of that number.
/// </summary>
public readonly record struct Location(Region Region, long Offset);

/// <summary>Whose memory a buffer of a step is in.</summary>
public enum Region
{
    Input, Output, Parameters, Arena,
}
