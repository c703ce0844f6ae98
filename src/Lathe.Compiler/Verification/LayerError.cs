using Lathe.Graphs;

namespace Lathe.Compilation.Verification;

/// <summary>How far a layer's value on one side is from that on the other.</summary>
/// <param name="Name">The layer's name in the first model.</param>
/// <param name="Op">The op that gives the value there.</param>
/// <param name="Largest">The largest magnitude of an element on the first side.</param>
/// <param name="Error">The largest difference of an element; infinite where one side is not a number and the other is.</param>
public sealed record LayerError(string Name, string Op, TensorType Type, double Largest, double Error)
{
    /// <summary>The error in units of the largest element.</summary>
    public double Relative => Largest > 0 ? Error / Largest : Error;
}
