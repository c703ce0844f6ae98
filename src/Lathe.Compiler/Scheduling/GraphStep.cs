using Lathe.Graphs;

namespace Lathe.Compilation.Scheduling;

/// <summary>A step of a graph's program before there is a kernel for it.</summary>
internal abstract record GraphStep
{
    /// <summary>A group's kernel.</summary>
    public sealed record Compute(Group Group) : GraphStep;

    /// <summary>Brings a value's elements from one memory to another.</summary>
    public sealed record Copy(string Label, TensorType Type, Operand From, Operand To) : GraphStep;
}

/// <summary>
/// Steps that are repeated: those from <paramref name="First"/> on compute the condition, those from <paramref name="Body"/> to
/// <paramref name="Last"/> - 1 are a round. Neither is empty, and loops lie inside or outside one another.
/// </summary>
/// <param name="Condition">One bool, which the last step before the body stores.</param>
internal sealed record GraphLoop(int First, int Body, int Last, Operand Condition);
