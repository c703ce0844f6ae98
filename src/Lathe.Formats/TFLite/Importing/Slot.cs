using Lathe.Graphs;

namespace Lathe.Formats.TFLite.Importing;

/// <summary>What a tensor of the model stands for.</summary>
internal abstract record Slot
{
    /// <summary>A value of the graph.</summary>
    internal sealed record Bound(Value Value) : Slot;

    /// <summary>A resource: the name of a variable that the model assigns and reads.</summary>
    internal sealed record Variable(string Key) : Slot;

    /// <summary>Complex numbers, by their real and imaginary parts.</summary>
    internal sealed record Complex(Value Real, Value Imaginary) : Slot;

    /// <summary>A value that cannot be made for the reason given; with none, because an operator before it cannot.</summary>
    internal sealed record Lacking(string? Reason) : Slot;
}
