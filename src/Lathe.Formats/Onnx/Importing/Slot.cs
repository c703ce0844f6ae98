using System.Collections.Immutable;
using Lathe.Formats.Onnx.Protobuf;
using Lathe.Graphs;
using Lathe.Tensors;

namespace Lathe.Formats.Onnx.Importing;

/// <summary>What a name of the model stands for.</summary>
internal abstract record Slot
{
    /// <summary>A value of the graph.</summary>
    internal sealed record Bound(Value Value) : Slot;

    /// <summary>A sequence of tensors, whose length is known while the model is read.</summary>
    internal sealed record Sequence(DType Element, ImmutableArray<Value> Elements) : Slot;

    /// <summary>An initializer that nothing has read yet; most models' unused ones never are.</summary>
    internal sealed record Stored(TensorProto Tensor) : Slot;

    /// <summary>An optional operand that a function's caller left out.</summary>
    internal sealed record Absent : Slot;

    /// <summary>A value that cannot be made for the reason given; with none, because a node before it cannot.</summary>
    internal sealed record Lacking(string? Reason) : Slot;
}
