using Lathe.Tensors;

namespace Lathe.Graphs.Ops;

/// <summary>A tensor that is part of the model. Two constants are equal when their types, shapes and bytes are.</summary>
public sealed record Constant(Tensor Tensor) : Op
{
    public override EquatableArray<TensorType> Infer(IReadOnlyList<TensorType> inputs) => [new TensorType(Tensor.Type, Tensor.Shape)];

    public bool Equals(Constant? other) => other is not null && Tensor.ContentEquals(other.Tensor);

    public override int GetHashCode()
    {
        var bytes = Tensor.Bytes.Span;
        var hash = new HashCode();
        hash.Add(Tensor.Type);
        hash.Add(Tensor.Shape);
        hash.AddBytes(bytes[..Math.Min(bytes.Length, 256)]);
        return hash.ToHashCode();
    }
}
