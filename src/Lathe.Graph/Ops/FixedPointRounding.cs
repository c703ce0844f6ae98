namespace Lathe.Graphs.Ops;

/// <summary>How a product with a fixed-point multiplier is rounded.</summary>
public enum FixedPointRounding
{
    /// <summary>Once, at the end; halves go up.</summary>
    Once,

    /// <summary>Before a shift to the right, halves up, and after it, halves up again: what TFLite's matrix products do.</summary>
    TwiceUp,

    /// <summary>Before a shift to the right, halves up, and after it, halves away from zero: what its other kernels do.</summary>
    TwiceAway,
}
