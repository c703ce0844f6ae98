using Lathe.Graphs;

namespace Lathe.Compilation.Verification;

/// <summary>The values of a layer in two graphs.</summary>
/// <param name="Name">The layer's name in the first graph.</param>
internal sealed record LayerPair(string Name, Value First, Value Second);
