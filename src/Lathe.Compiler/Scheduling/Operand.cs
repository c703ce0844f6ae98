using Lathe.Graphs;
using Lathe.Tensors;

namespace Lathe.Compilation.Scheduling;

/// <summary>What a kernel's buffer stands for.</summary>
internal abstract record Operand
{
    /// <summary>A value of the graph that has memory of its own.</summary>
    public sealed record Of(Value Value) : Operand;

    /// <summary>A copy of a value beside it, which lasts until it is read last.</summary>
    public sealed record Held(Value Value) : Operand;

    /// <summary>The model's output of that number.</summary>
    public sealed record Result(int Output) : Operand;

    /// <summary>A constant, which goes to the bundle's parameters. Equal when it is the same tensor object.</summary>
    public sealed record Parameter(Tensor Tensor) : Operand;

    /// <summary>Memory for one call.</summary>
    public record Scratch(long Bytes) : Operand;

    /// <summary>Memory of the kernel's own, which holds in one run what the last has left there; before the first it holds anything.</summary>
    public sealed record Kept(long Bytes) : Scratch(Bytes);
}
