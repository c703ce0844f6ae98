using System.Collections.Immutable;
using Lathe.Formats.TensorFlow.Reading;
using Lathe.Graphs;
using Lathe.Tensors;

namespace Lathe.Formats.TensorFlow.Importing;

/// <summary>What an output of a node stands for.</summary>
internal abstract record Slot
{
    /// <summary>The conditions of conditionals under which there is a value here: what they must be.</summary>
    public ImmutableDictionary<Value, bool> When { get; init; } = ImmutableDictionary<Value, bool>.Empty;

    /// <summary>A value of the graph.</summary>
    internal sealed record Bound(Value Value) : Slot;

    /// <summary>Constant texts.</summary>
    internal sealed record Texts(StringTensor Tensor) : Slot;

    /// <summary>A tensor of the checkpoint, which is read when something needs it.</summary>
    /// <param name="Part">Which part of it, as the restoring node says; all where it is empty.</param>
    internal sealed record Stored(string Key, string Part = "") : Slot;

    /// <summary>A variable, by the name that its uses share. What it holds changes while the graph is walked.</summary>
    /// <param name="IsReference">Whether reading the slot itself gives the variable's value, as in TensorFlow 1.</param>
    internal sealed record Variable(string Key, string Name, bool IsReference) : Slot;

    /// <summary>A table that maps keys to values, by the name that its uses share.</summary>
    internal sealed record Table(string Key) : Slot;

    /// <summary>Complex numbers, by their real and imaginary parts.</summary>
    internal sealed record Complex(Value Real, Value Imaginary) : Slot;

    /// <summary>A list of tensors of one shape, or an array of them: its elements, null where none was written.</summary>
    internal sealed record Tensors(DType Element, Shape? ElementShape, ImmutableArray<Value?> Elements) : Slot;

    /// <summary>A list of tensors of one shape as one tensor, along its first axis: places in it need not be known.</summary>
    internal sealed record Stacked(Value Whole) : Slot;

    /// <summary>The branch of a conditional that is not taken.</summary>
    internal sealed record Dead : Slot;

    /// <summary>No value can be made for the reason given; with none, because a node before it cannot.</summary>
    internal sealed record Lacking(string? Reason) : Slot;
}
