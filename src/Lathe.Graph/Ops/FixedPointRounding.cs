namespace Lathe.Graphs.Ops;

/// <summary>How a product with a fixed-point multiplier is rounded.</summary>
public enum FixedPointRounding
{
    /// <summary>Once, at the end; halves go up.</summary>
    Once,

    /// <summary>First the product to a multiple of 2^-31 of it, halves up; then, where the shift is to the right, that to a whole number, halves away from zero.</summary>
    Twice,
}
