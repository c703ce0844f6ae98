namespace Lathe.Graphs.Ops;

/// <summary>What padding is filled with.</summary>
public enum PadMode
{
    /// <summary>A value.</summary>
    Constant,

    /// <summary>The input mirrored at its first and last element, which are not repeated.</summary>
    Reflect,

    /// <summary>The nearest element.</summary>
    Edge,

    /// <summary>The input repeated.</summary>
    Wrap,
}
