using Lathe.Tensors;

namespace Lathe.Loops;

/// <summary>The type of an expression: an element type and a number of vector lanes (1 is a scalar).</summary>
public readonly record struct ExprType(DType Element, int Lanes = 1)
{
    /// <summary>The type of loop variables, indices and extents.</summary>
    public static ExprType Index { get; } = new(DType.Int64);

    public bool IsVector => Lanes > 1;

    public ExprType WithElement(DType element) => this with { Element = element };

    /// <summary>As the text form writes it: <c>f32</c> or <c>f32x16</c>.</summary>
    public override string ToString() => IsVector ? $"{Element.Name}x{Lanes}" : Element.Name;
}
