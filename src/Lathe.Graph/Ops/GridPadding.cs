namespace Lathe.Graphs.Ops;

/// <summary>What <see cref="GridSample"/> finds outside of the image.</summary>
public enum GridPadding
{
    /// <summary>0.</summary>
    Zeros,

    /// <summary>The nearest element.</summary>
    Border,

    /// <summary>The image mirrored at its border.</summary>
    Reflection,
}
