using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>A value that the caller gives, under the model's own name.</summary>
public sealed record Input(string InputName, TensorType Type) : Op
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs) => [Type];
}
