using Lathe.Tensors;

namespace Lathe.Graphs;

/// <summary>The type of a value: its element type and shape.</summary>
public sealed record TensorType(DType Element, Shape Shape)
{
    public int Rank => Shape.Rank;

    public TensorType WithElement(DType element) => this with { Element = element };

    public TensorType WithShape(Shape shape) => this with { Shape = shape };

    /// <summary>As the text form writes it: <c>f32[1,3,n]</c>.</summary>
    public override string ToString() => $"{Element.Name}{Shape}";
}
