using Lathe.Tensors;

namespace Lathe.Runtime;

/// <summary>An input or output of a model: its name in the model, element type and extents.</summary>
public sealed record BufferSpec(string Name, DType Element, EquatableArray<long> Shape)
{
    public Shape TensorShape { get; } = Lathe.Tensors.Shape.Of(Shape);

    /// <summary>As error messages write it: <c>data: f32[1,3,224,224]</c>.</summary>
    public override string ToString() => $"{Name}: {Element.Name}{TensorShape}";

    public bool Equals(BufferSpec? other) => other is not null && Name == other.Name && Element == other.Element && Shape == other.Shape;

    public override int GetHashCode() => HashCode.Combine(Name, Element, Shape);
}
